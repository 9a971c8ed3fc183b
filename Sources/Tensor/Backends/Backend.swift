/// The seam between operations and the machine that runs them.
///
/// Operations on `Tensor` check shapes and layouts and then call the current backend (`Compute.backend`), so an
/// implementation may rely on what each requirement says of its arguments. Results are new, contiguous, and the same
/// bytes whatever the number of threads. Of the products and what follows them, nothing is called with an empty result.
///
/// Nobody but a backend follows the address of a tensor's numbers: what the host reads or writes passes through the
/// accessors of `Tensor` (`toArray`, `item`, `withUnsafeBuffer`, `withUnsafeMutableBuffer`), which transfer where they must.
public protocol Backend: Sendable {
  /// For `doctor` and run records: `"oneDNN 2.6.3"`.
  var name: String { get }

  /// Whether a row of a product is the same bytes whatever other rows are computed with it. Then a batch may be cut.
  var rowsAreIndependent: Bool { get }

  /// Whether products with weights are faster in bfloat16, which takes half of the memory.
  var hasBFloat16: Bool { get }

  /// Where results are made, and how the host gets at them.
  var memory: any DeviceMemory { get }

  // Elements. Operands may have any strides, 0 included, and the shape of `result`, which they may be where it has no
  // repeated elements; `result` may have any strides where nothing else is said.

  /// Writes `value` to all elements.
  func fill(_ result: Tensor, with value: Float)

  /// Writes start, start + step, … to a contiguous tensor, each computed in double from its index.
  func fill(_ result: Tensor, from start: Double, step: Double)

  func copy(_ x: Tensor, to result: Tensor)

  func apply(_ operation: UnaryOperation, _ x: Tensor, to result: Tensor)

  func apply(_ operation: BinaryOperation, _ a: Operand, _ b: Operand, to result: Tensor)

  /// `a` where the condition is not 0, else `b`.
  func select(where condition: Tensor, _ a: Tensor, else b: Tensor, to result: Tensor)

  /// Over the dimensions `dims`; `result`, contiguous, has the other ones.
  ///
  /// - Parameter scale: of the variance: what the mean of squared deviations is multiplied with
  func reduce(
    _ operation: ReductionOperation, _ x: Tensor, over dims: [Int], scale: Double, to result: Tensor)

  /// `result` gets position `indices[i]` of dimension `dim` of x at i; the indices are checked.
  func gather(_ x: Tensor, dim: Int, _ indices: [Int], to result: Tensor)

  // Rows: the last dimension of contiguous tensors.

  /// Running sums.
  func cumulativeSum(_ x: Tensor) throws -> Tensor

  /// In order, and the places that the elements came from; equal ones keep their order, NaN counts as the largest.
  func sort(_ x: Tensor, descending: Bool) throws -> (values: Tensor, indices: Tensor)

  /// The place of the first largest or smallest element of each row, {…, 1}.
  func extremeIndex(_ x: Tensor, largest: Bool) throws -> Tensor

  /// From rows of n the elements at `places`, rows of k.
  ///
  /// - Returns: rows of k; or the first of the places that is none.
  func takeFromRows(_ x: Tensor, _ places: Tensor) throws -> (result: Tensor, fault: Float?)

  /// Adds the elements of `values`, rows of k, at `places`, rows of k, to the rows of `sum`.
  func addToRows(_ values: Tensor, _ places: Tensor, of sum: Tensor)

  /// Dimension `dim` of x, contiguous, resampled.
  func resample(_ x: Tensor, dim: Int, _ taps: ResampleTaps) throws -> Tensor

  // Products, convolutions, normalisation, attention.

  /// [b, m, k]·[b, k, n] → [b, m, n]. Each matrix is row-major or column-major (`MatrixLayout`); a batch stride of 0
  /// repeats an operand.
  func product(_ a: Tensor, _ b: Tensor) throws -> Tensor

  /// activation(x·wᵀ + bias) + residual. x {rows, in} contiguous, w {out, in} or {out, in, 1, 1},
  /// residual with as many numbers as the result, contiguous.
  func linear(_ x: Tensor, _ weight: Weight, _ epilogue: Epilogue) throws -> Tensor

  /// activation(conv + bias) + residual. x {n, h, w, c} contiguous, residual as the result.
  func convolution(_ x: Tensor, _ weight: Weight, _ window: ConvolutionWindow, _ epilogue: Epilogue) throws
    -> Tensor

  /// x {n, pixels, c} contiguous, weight and bias {c} contiguous.
  func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, activation: Activation
  ) throws -> Tensor

  /// Over the last dimension of x, contiguous.
  func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) throws -> Tensor

  /// Over the last dimension of x, contiguous.
  func softmax(_ x: Tensor) throws -> Tensor

  /// softmax(scale·q·kᵀ)·v per head: {n, lq, h·d}. The last dimension of q, k and v is contiguous. Adds the
  /// probabilities to `sums` {n, h, lq, lk}, whose last three dimensions are contiguous.
  func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: AttentionMask, sums: Tensor?
  ) throws -> Tensor

  /// Only the second half of `attention`: adds softmax(scale·q·kᵀ) to `sums`.
  func addProbabilities(
    query: Tensor, key: Tensor, heads: Int, scale: Float, mask: AttentionMask, sums: Tensor) throws

  /// x {…, 2d} contiguous → a·gelu(b) of its halves.
  func geglu(_ x: Tensor) throws -> Tensor

  /// x {n, h, w, c} contiguous → {n, 2h, 2w, c}.
  func upsampledNearest2x(_ x: Tensor) throws -> Tensor

  // Gradients: from that of a result to that of an input. Gradients and inputs are contiguous where the operation's
  // inputs are.

  /// g {rows, out} → {rows, in} for `linear` without activation.
  func linearInputGradient(_ g: Tensor, _ weight: Weight) throws -> Tensor

  /// g {n, h', w', out} → {n, h, w, in} for `convolution` without activation.
  func convolutionInputGradient(
    _ g: Tensor, _ weight: Weight, _ window: ConvolutionWindow, input: [Int]
  ) throws -> Tensor

  /// g {n, h', w', out}, x {n, h, w, in} → {out, in / groups, kh, kw}.
  func convolutionWeightGradient(_ g: Tensor, input x: Tensor, _ window: ConvolutionWindow) throws -> Tensor

  func groupNormGradient(
    _ g: Tensor, input x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float,
    activation: Activation
  ) throws -> Tensor

  func layerNormGradient(_ g: Tensor, input x: Tensor, weight: Tensor, epsilon: Float) throws -> Tensor

  func softmaxGradient(_ g: Tensor, result p: Tensor) throws -> Tensor

  func activationGradient(_ g: Tensor, input x: Tensor, _ activation: Activation) throws -> Tensor

  func gegluGradient(_ g: Tensor, input x: Tensor) throws -> Tensor

  /// Of `attention` with respect to query, key and value, the probabilities made again.
  func attentionGradient(
    _ g: Tensor, query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: AttentionMask
  ) throws -> (query: Tensor, key: Tensor, value: Tensor)
}

extension Backend {
  public var hasBFloat16: Bool { false }
}

/// What is done to a product before it is stored: bias {out}, activation, then residual.
public struct Epilogue: Sendable {
  public var bias: Tensor?
  public var activation: Activation
  public var residual: Tensor?
}

public enum AttentionMask: Sendable {
  case none
  /// A query sees the keys up to its own place (of the last `lq` keys, where there are more).
  case causal
}
