import CKernels

/// The number formats that safetensors files name, and which of them become float32 tensors here.
public struct ElementType: Hashable, Sendable, CustomStringConvertible {
  /// As the file writes it: `F16`.
  public let name: String
  public let bitWidth: Int

  private init(_ name: String, _ bitWidth: Int) {
    self.name = name
    self.bitWidth = bitWidth
  }

  public static let f64 = ElementType("F64", 64)
  public static let f32 = ElementType("F32", 32)
  public static let f16 = ElementType("F16", 16)
  public static let bf16 = ElementType("BF16", 16)
  public static let i64 = ElementType("I64", 64)
  public static let i32 = ElementType("I32", 32)
  public static let i16 = ElementType("I16", 16)
  public static let i8 = ElementType("I8", 8)
  public static let u64 = ElementType("U64", 64)
  public static let u32 = ElementType("U32", 32)
  public static let u16 = ElementType("U16", 16)
  public static let u8 = ElementType("U8", 8)
  public static let bool = ElementType("BOOL", 8)

  /// Formats of the safetensors specification. Those without a conversion may stand in a file as long as nobody
  /// reads them.
  private static let all: [ElementType] = [
    .f64, .f32, .f16, .bf16, .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool, ElementType("C64", 64),
    ElementType("F8_E5M2", 8), ElementType("F8_E4M3", 8),
    ElementType("F8_E8M0", 8), ElementType("F6_E2M3", 6), ElementType("F6_E3M2", 6), ElementType("F4", 4),
  ]

  public init?(named name: String) {
    guard let type = ElementType.all.first(where: { $0.name == name }) else { return nil }
    self = type
  }

  public var description: String { name }

  /// Whether the numbers may be NaN or infinite, and can be read.
  public var isFloat: Bool { [.f64, .f32, .f16, .bf16].contains(self) }

  /// Whether `widen` has a conversion.
  var isReadable: Bool { isFloat || [.i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool].contains(self) }

  /// Widens `count` stored numbers to float32 (integers beyond 2²⁴ round); false if the format has no conversion.
  func widen(_ source: UnsafeRawPointer, to destination: UnsafeMutablePointer<Float>, count: Int) -> Bool {
    func widen<Integer: BinaryInteger & BitwiseCopyable>(_ type: Integer.Type) {
      for index in 0..<count {
        destination[index] = Float(
          source.loadUnaligned(fromByteOffset: MemoryLayout<Integer>.size * index, as: type))
      }
    }
    switch self {
    case .f32: UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: 4 * count)
    case .f16: ck_f16_to_f32(source, destination, count)
    case .bf16: ck_bf16_to_f32(source, destination, count)
    case .f64: ck_f64_to_f32(source, destination, count)
    case .i64: widen(Int64.self)
    case .i32: widen(Int32.self)
    case .i16: widen(Int16.self)
    case .i8: widen(Int8.self)
    case .u64: widen(UInt64.self)
    case .u32: widen(UInt32.self)
    case .u16: widen(UInt16.self)
    case .u8: widen(UInt8.self)
    case .bool:
      for index in 0..<count {
        destination[index] = source.load(fromByteOffset: index, as: UInt8.self) == 0 ? 0 : 1
      }
    default: return false
    }
    return true
  }

  /// Narrows `count` floats to f32, f16 or bf16, rounding to nearest even.
  func narrow(_ source: UnsafePointer<Float>, to destination: UnsafeMutableRawPointer, count: Int) {
    switch self {
    case .f16: ck_f32_to_f16(source, destination, count)
    case .bf16: ck_f32_to_bf16(source, destination, count)
    default: destination.copyMemory(from: source, byteCount: 4 * count)
    }
  }
}
