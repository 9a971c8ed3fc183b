import Glibc
import Tensor

/// How alike two pictures, or two maps, are.
public enum Metrics {}

extension Metrics {
  /// Peak signal-to-noise ratio in decibels, 10·log₁₀(range² / mean squared error); infinite for equal tensors.
  public static func psnr(_ a: Tensor, _ b: Tensor, dataRange: Double = 1) throws -> Double {
    let (x, y) = try pair("psnr", a, b)
    var sum = 0.0
    for index in x.indices {
      let difference = Double(x[index]) - Double(y[index])
      sum += difference * difference
    }
    return 10 * log10(dataRange * dataRange / (sum / Double(x.count)))
  }

  static func pair(_ name: String, _ a: Tensor, _ b: Tensor) throws -> ([Float], [Float]) {
    guard a.shape == b.shape else {
      throw ImagingError("\(name) needs tensors of one shape, got \(text(a.shape)) and \(text(b.shape))")
    }
    guard a.count > 0 else { throw ImagingError("\(name) needs tensors that are not empty") }
    return (try a.elements(), try b.elements(copies: 4))
  }

  static func text(_ shape: [Int]) -> String { "{" + shape.map(String.init).joined(separator: ", ") + "}" }
}
