import Foundation
import Lua
import Tensor
import Testing

@testable import Scripting

/// Random programs over tensors with what PyTorch makes of them, values and gradients: Scripts/dev/fuzz-tensors/run
/// `--goldens`. `Scripts/dev/fuzz tensors` makes new ones for as long as one likes.
@Suite struct TensorProgramTests {
  private struct Numbers: Decodable { let shape: [Int], values: [Double] }
  private struct Program: Decodable { let program: String, results: [Numbers] }

  @Test func agreeWithPyTorch() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Goldens/tensor-programs.json")
    let programs = try JSONDecoder().decode([Program].self, from: Data(contentsOf: file))
    #expect(programs.count == 400)
    let bench = try Bench()
    for program in programs {
      try bench.run("local v = {} out = (function() \(program.program) end)()")
      #expect(try bench.number("#out") == Double(program.results.count), "\(program.program)")
      for (place, expected) in program.results.enumerated() {
        let x = "out[\(place + 1)]"
        #expect(try bench.sizes(x).map { Int($0) } == expected.shape, "\(x) of\n\(program.program)")
        let found = try bench.numbers("\(x):flatten()")
        let largest = expected.values.map { abs($0) }.max() ?? 0
        let worst = zip(found, expected.values).map { abs(Double($0) - $1) }.max() ?? 0
        #expect(
          found.count == expected.values.count && worst <= 2e-5 * max(1, largest),
          "\(x) of\n\(program.program)\n\(found), PyTorch \(expected.values)")
      }
    }
  }
}
