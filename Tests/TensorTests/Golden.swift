import Testing

@testable import Tensor

/// A file of Scripts/dev/goldens/tensor.py.
func golden(_ name: String) throws -> Tensor {
  let tests = #filePath.split(separator: "/").dropLast().joined(separator: "/")
  return try Tensor(numPyFile: "/\(tests)/Goldens/\(name).npy")
}

/// The largest difference, relative to 1 + |expected|; infinite where shapes differ or a NaN meets a number.
func distance(_ found: Tensor, _ expected: Tensor) -> Float {
  guard found.shape == expected.shape else { return .infinity }
  var largest: Float = 0
  for (f, e) in zip(found.toArray(), expected.toArray()) where !(f == e || (f.isNaN && e.isNaN)) {
    let difference = Swift.abs(f - e) / (1 + Swift.abs(e))
    largest = difference.isNaN ? .infinity : Swift.max(largest, difference)
  }
  return largest
}

func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
