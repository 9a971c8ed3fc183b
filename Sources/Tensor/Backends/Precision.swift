/// The numbers in which products with weights are computed; what leaves them is float32 either way.
public enum Precision: Sendable, Hashable {
  case float32
  /// Input and weights rounded to 8 bits of mantissa, sums in float32, where the processor has such products
  /// (`Backend.hasBFloat16`); else as `float32`.
  case bfloat16
}
