import Glibc
import Testing

@testable import Tensor

/// Holds the gradients of `f` with respect to all of its inputs against differences of its values.
///
/// `f`'s result is weighed with fixed random numbers; the sum runs in double, so that only the rounding of the result's
/// own elements disturbs it. Differences are of fourth order (f(x ± h), f(x ± 2h)), each element on its own.
func expectGradients(
  of inputs: [Tensor], step h: Float = 1 / 64, within tolerance: Double = 1e-3, _ what: String = "",
  location: SourceLocation = #_sourceLocation, _ f: ([Tensor]) throws -> Tensor
) throws {
  for backend in BackendTests.backends {
    try Compute.$backend.withValue(backend) {
      let marked = inputs.map { $0.requiringGradient() }
      let result = try f(marked)
      let weights = try Reference.noise(result.shape, seed: 99)
      let gradients = try result.multiplying(weights).sum().gradients(of: marked)

      func value(_ index: Int, _ element: Int, _ delta: Float) throws -> Double {
        var changed = try inputs.map { try $0.clone() }
        changed[index] = try inputs[index].clone()
        changed[index].base[element] += delta
        return zip(try f(changed).toArray(), weights.toArray()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      for (index, gradient) in gradients.enumerated() {
        #expect(gradient.shape == inputs[index].shape, sourceLocation: location)
        let found = gradient.toArray()
        var (error, size) = (0.0, 0.0)
        for element in found.indices {
          let near = try value(index, element, h) - value(index, element, -h)
          let far = try value(index, element, 2 * h) - value(index, element, -2 * h)
          let expected = (8 * near - far) / (12 * Double(h))
          error += (Double(found[element]) - expected) * (Double(found[element]) - expected)
          size += expected * expected
        }
        let relative = (error / max(size, 1e-12)).squareRoot()
        #expect(
          relative <= tolerance, "\(backend.name) \(what), input \(index + 1): relative error \(relative)",
          sourceLocation: location)
      }
    }
  }
}
