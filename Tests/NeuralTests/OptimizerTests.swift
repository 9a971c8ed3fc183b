import Encoding
import Neural
import Tensor
import Testing

/// Optimizers against torch's (Scripts/dev/goldens/optimizers.py).
@Suite struct OptimizerTests {
  private let golden: JSON

  init() throws {
    let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
    golden = try JSON(file: folder.joined(separator: "/") + "/Goldens/optimizers.json")
  }

  private func numbers(_ json: JSON?) throws -> [Float] {
    try #require(json?.array).map { Float(try #require($0.double)) }
  }

  /// The rule and the learning rate of each run in optimizers.py.
  private static let cases: [(name: String, rate: Double, rule: @Sendable () throws -> any UpdateRule)] = [
    ("sgd", 0.05, { try SGD() }), ("momentum", 0.05, { try SGD(momentum: 0.9, weightDecay: 0.02) }),
    ("nesterov", 0.05, { try SGD(momentum: 0.8, isNesterov: true) }),
    ("adam", 0.1, { try Adam(weightDecay: 0.03) }),
    ("adamw", 0.1, { try Adam(betas: (0.8, 0.95), epsilon: 1e-6, weightDecay: 0.1, isDecoupled: true) }),
  ]

  @Test(arguments: cases.indices)
  func followsTorch(index: Int) throws {
    let (name, rate, rule) = Self.cases[index]
    let x = try Tensor(numbers(golden["start"]), shape: [2, 3]).requiringGradient()
    let optimizer = try Optimizer([x], rule(), learningRate: rate)
    for (step, expected) in try #require(golden["runs"]?[name]?.array).enumerated() {
      try optimizer.clearGradients()
      try x.power(4).dividing(4).adding(x.multiplying(3).sin()).sum().backward()
      try optimizer.step()
      for (found, wanted) in zip(x.toArray(), try numbers(expected)) {
        // torch computes in double here: rounding grows with the steps.
        #expect(abs(found - wanted) < 1e-4 * max(1, abs(wanted)), "\(name), step \(step + 1)")
      }
    }
    #expect(optimizer.steps == 12)
  }

  @Test(arguments: ["linear", "cosine"])
  func schedules(name: String) throws {
    let schedule = try #require(LearningRateSchedule(rawValue: name))
    for (step, expected) in try numbers(golden["schedules"]?[name]).enumerated() {
      #expect(abs(Float(schedule.factor(at: step, warmup: 3, total: 10)) - expected) < 1e-6, "\(step)")
    }
    #expect(LearningRateSchedule.constant.factor(at: 2, warmup: 4, total: 0) == 0.5)
    #expect(LearningRateSchedule.constant.factor(at: 99, warmup: 4, total: 0) == 1)
  }

  @Test func refuses() throws {
    let x = try Tensor.ones([2]).requiringGradient()
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "no error"
    }
    func make(_ tensors: [Tensor], rate: Double = 0.1) throws {
      _ = try Optimizer(tensors, SGD(), learningRate: rate)
    }
    #expect(message { try make([]) }.contains("at least one tensor"))
    #expect(try message { try make([x, .ones([1])]) }.contains("tensor 2 does not require a gradient"))
    #expect(try message { try make([x.exp()]) }.contains("tensor 1 was computed"))
    #expect(message { try make([x], rate: -1) }.contains("at least 0, got -1"))
    #expect(message { _ = try SGD(momentum: 1) }.contains("below 1, got 1"))
    #expect(message { _ = try Adam(betas: (0.9, 1)) }.contains("betas"))
    // Without a gradient nothing moves.
    let optimizer = try Optimizer([x], Adam(), learningRate: 1)
    try optimizer.step()
    #expect(x.toArray() == [1, 1])
  }
}
