import Glibc

/// Noise levels between those of training, for the schedulers that work on sigma.
struct Sigmas {
  /// Of training, ascending with the timestep.
  let training: [Float]

  /// Linear between neighbours; clamped at the ends.
  func interpolated(at time: Double) -> Double {
    let last = training.count - 1
    if time <= 0 { return Double(training[0]) }
    if time >= Double(last) { return Double(training[last]) }
    let low = Int(time)
    let slope = Double(training[low + 1]) - Double(training[low])
    return slope * (time - Double(low)) + Double(training[low])
  }

  /// The (fractional) training timestep of a noise level, linear in log sigma.
  func time(of sigma: Double) -> Double {
    let logs = training.map { log($0) }
    let wanted = log(max(sigma, 1e-10))
    let low = min(logs.lastIndex { wanted - Double($0) >= 0 } ?? 0, logs.count - 2)
    let share = (Double(logs[low]) - wanted) / Double(logs[low] - logs[low + 1])
    let weight = min(max(share, 0), 1)
    return (1 - weight) * Double(low) + weight * Double(low + 1)
  }

  /// Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), equation 5.
  static func karras(from highest: Double, to lowest: Double, count: Int) -> [Double] {
    let rho = 7.0
    let high = pow(highest, 1 / rho)
    let low = pow(lowest, 1 / rho)
    return (0..<count).map { i in
      let ramp = count > 1 ? Double(i) / Double(count - 1) : 0
      return pow(high + ramp * (low - high), rho)
    }
  }

  enum Final: String, CaseIterable {
    case zero
    case lowest = "sigma_min"
  }
}
