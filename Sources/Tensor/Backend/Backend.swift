/// The seam between operations and the machine that runs them.
///
/// Operations on `Tensor` check shapes and layouts and then call the current backend (`Compute.backend`), so an
/// implementation may rely on what each requirement says of its arguments. Results are new, contiguous, and the same
/// bytes whatever the number of threads. Nothing here is called with an empty result.
public protocol Backend: Sendable {
  /// For `doctor` and run records: `"oneDNN 2.6.3"`.
  var name: String { get }

  /// Whether a row of a product is the same bytes whatever other rows are computed with it. Then a batch may be cut.
  var rowsAreIndependent: Bool { get }

  /// Whether products with weights are faster in bfloat16, which takes half of the memory.
  var hasBFloat16: Bool { get }

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
