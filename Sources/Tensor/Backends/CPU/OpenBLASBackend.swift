import CKernels
import COpenBLAS

/// The plain backend: every product and convolution is an sgemm. Serves where oneDNN is missing, and checks it.
///
/// OpenBLAS runs on one thread (CKernels/openblas_cores.c); the rows of a product are shared out over our own pool in pieces that depend on the
/// shape alone, because OpenBLAS's own division of the work changes the bytes.
public struct OpenBLASBackend: CPUBackend {
  public init() {}

  public var name: String { "OpenBLAS " + String(cString: openblas_get_corename()) }

  /// It adds up in another order where a matrix has another height.
  public var rowsAreIndependent: Bool { false }

  public func product(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard let left = MatrixLayout(a), let right = MatrixLayout(b) else {
      throw TensorError("matmul: operands must be row-major or column-major")
    }
    let out = try Tensor.uninitialized([a.shape[0], a.shape[1], b.shape[2]])
    for i in 0..<a.shape[0] {
      let sgemm = Sgemm(
        m: a.shape[1], n: b.shape[2], k: a.shape[2], a: a.base + i * a.strides[0], layoutA: left,
        b: b.base + i * b.strides[0], layoutB: right, out: out.base + i * a.shape[1] * b.shape[2],
        leading: b.shape[2])
      try sgemm.run()
    }
    return out
  }

  public func linear(_ x: Tensor, _ weight: Weight, _ epilogue: Epilogue) throws -> Tensor {
    let w = try weight.tensor()
    let inputs = x.shape[1]
    let out = try Tensor.uninitialized([x.shape[0], w.shape[0]])
    // A pointer alone does not keep its tensor alive.
    defer { withExtendedLifetime(w) {} }
    try Sgemm(
      m: x.shape[0], n: w.shape[0], k: inputs, a: x.base, layoutA: .rows(of: inputs), b: w.base,
      layoutB: .columns(of: inputs), out: out.base, leading: w.shape[0]
    ).run()
    finish(out, epilogue)
    return out
  }

  public func convolution(
    _ x: Tensor, _ weight: Weight, _ window: ConvolutionWindow, _ epilogue: Epilogue
  ) throws -> Tensor {
    let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let size = window.output(height: h, width: w)
    let outputs = weight.shape[0], kernel = try weight.tensor()
    let out = try Tensor.uninitialized([n, size.height, size.width, outputs])
    let (into, outof) = (c / window.groups, outputs / window.groups)
    let patch = into * window.height * window.width
    let pixels = size.height * size.width
    // Patches of a few megabytes at a time, however large the image is.
    let tile = max(1, min(pixels, (1 << 20) / patch))
    let rows = try Tensor.uninitialized([tile, patch])
    defer { withExtendedLifetime((rows, kernel)) {} }
    var geometry = ck_window(
      h: h, w: w, channels: into, pixel_stride: c, kernel_h: window.height, kernel_w: window.width,
      stride: window.stride, top: window.padding.top, left: window.padding.left, out_h: size.height,
      out_w: size.width)
    for image in 0..<n {
      for group in 0..<window.groups {
        for first in stride(from: 0, to: pixels, by: tile) {
          let count = min(tile, pixels - first)
          ck_patches(rows.base, x.base + image * h * w * c + group * into, &geometry, first, count)
          try Sgemm(
            m: count, n: outof, k: patch, a: rows.base, layoutA: .rows(of: patch),
            b: kernel.base + group * outof * patch, layoutB: .columns(of: patch),
            out: out.base + (image * pixels + first) * outputs + group * outof, leading: outputs
          ).run()
        }
      }
    }
    finish(out, epilogue)
    return out
  }

  private func finish(_ out: Tensor, _ epilogue: Epilogue) {
    guard epilogue.bias != nil || epilogue.activation != .identity || epilogue.residual != nil else { return }
    let width = out.shape[out.rank - 1]
    ck_epilogue(
      out.base, out.base, out.count / width, width, epilogue.bias?.base, epilogue.residual?.base,
      epilogue.activation.rawValue)
  }
}

/// One matrix product, out = a·b.
private struct Sgemm {
  var m: Int, n: Int, k: Int
  var a: UnsafeMutablePointer<Float>, layoutA: MatrixLayout
  var b: UnsafeMutablePointer<Float>, layoutB: MatrixLayout
  var out: UnsafeMutablePointer<Float>
  var leading: Int

  /// - Throws: where BLAS, which counts in 32 bits, cannot count that far.
  func run() throws {
    guard [m, n, k, layoutA.leading, layoutB.leading, leading].allSatisfy({ $0 <= Int32.max }) else {
      throw TensorError(
        "a product of \(Shape.text([m, k])) and \(Shape.text([k, n])) is too large for OpenBLAS, which counts to 2^31"
      )
    }
    try OpenBLASRoom.check(threads: min(Int(ck_threads()), max(1, m / 64)))
    var call = self
    // At least 64 rows, and enough work that a piece outweighs its start.
    let grain = max(64, (1 << 18) / max(1, n * k))
    ck_parallel_for(
      m, grain, { context, begin, end in context!.load(as: Sgemm.self).rows(begin, end) }, &call)
  }

  private func rows(_ begin: Int, _ end: Int) {
    cblas_sgemm(
      CblasRowMajor, layoutA.isTransposed ? CblasTrans : CblasNoTrans,
      layoutB.isTransposed ? CblasTrans : CblasNoTrans, Int32(end - begin), Int32(n), Int32(k), 1,
      a + begin * layoutA.row, Int32(layoutA.leading), b, Int32(layoutB.leading), 0, out + begin * leading,
      Int32(leading))
  }
}
