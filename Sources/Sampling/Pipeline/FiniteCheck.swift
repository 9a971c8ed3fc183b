import Models
import Tensor

/// Looks for results that are not numbers: weights that hold NaN make pictures that say nothing of it.
struct FiniteCheck {
  let pipeline: Pipeline

  /// A line on the first of these results with NaN or infinite numbers, by the components that made them; nil if all are finite.
  func warning(_ results: [(component: String, what: String, tensor: Tensor)]) -> Complaint? {
    for (component, what, tensor) in results {
      guard let fault = Self.fault(tensor) else { continue }
      let cause = pipeline.brokenWeight?(component).map { ": \($0)" } ?? ""
      return "\(what) \(fault)\(cause)"
    }
    return nil
  }

  private static func fault(_ tensor: Tensor) -> String? {
    tensor.detached.withUnsafeBuffer { values in
      // A sum is finite only if every number is; an overflowing one is looked at again.
      guard !values.reduce(0, { $0 + Double($1) }).isFinite else { return nil }
      return values.contains(where: \.isNaN) ? "hold NaN" : "hold infinite numbers"
    }
  }
}
