import Glibc

/// How the learning rate goes over a training, as the schedules of the transformers library: it rises from 0 over the
/// warm-up, then stays, or falls to 0 at the last step.
public enum LearningRateSchedule: String, Sendable, CaseIterable {
  case constant, linear, cosine

  /// What the learning rate is multiplied with at a step, counted from 0.
  ///
  /// - Parameters:
  ///   - warmup: steps until the full rate.
  ///   - total: steps until 0; `constant` does not ask.
  public func factor(at step: Int, warmup: Int, total: Int) -> Double {
    if step < warmup { return Double(step) / Double(warmup) }
    let progress = Double(step - warmup) / Double(max(1, total - warmup))
    switch self {
    case .constant: return 1
    case .linear: return max(0, 1 - progress)
    case .cosine: return progress >= 1 ? 0 : 0.5 * (1 + cos(.pi * progress))
    }
  }
}
