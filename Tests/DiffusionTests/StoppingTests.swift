import Tensor
import Testing

@testable import Families
@testable import Models
@testable import Sampling

/// Whatever takes long asks whether it shall stop, everywhere on its way, and stops when told to.
@Suite struct StoppingTests {
  private struct Stop: Error {}

  /// How often `body` asks.
  private func questions(_ body: () throws -> Void) throws -> Int {
    // Rows on other threads do not ask (RowTests).
    defer { Compute.threads = 0 }
    Compute.threads = 1
    nonisolated(unsafe) var count = 0
    try Interruption.$current.withValue(Interruption { count += 1 }) { try body() }
    return count
  }

  /// Told to stop at any of its questions, `body` does, and asks no further.
  private func stops(_ body: () throws -> Void) throws {
    defer { Compute.threads = 0 }
    let all = try questions(body)
    Compute.threads = 1
    for moment in 1...max(all, 1) {
      nonisolated(unsafe) var count = 0
      let interruption = Interruption {
        count += 1
        if count == moment { throw Stop() }
      }
      Interruption.$current.withValue(interruption) {
        #expect(throws: Stop.self) { try body() }
      }
      #expect(count == moment)
    }
  }

  @Test func theWayBackOverATape() throws {
    func run() throws {
      let x = try Tensor.full([4], 0.5).requiringGradient()
      var y = x
      for _ in 0..<30 { y = try y.multiplying(1.01).adding(0.1) }
      // What is asked on the way there is not what is counted here.
      try y.sum().backward()
    }
    #expect(try questions(run) >= 60)
    try stops(run)
  }

  @Test func everyLevelOfACodec() throws {
    let pipeline = try Checkpoint(directory: Goldens.path("tiny-sd1")).pipeline()
    let codec = try #require(pipeline.codec)
    let levels = (codec.factor.trailingZeroBitCount) + 1
    let picture = try Tensor.full([1, 32, 32, 3], 0.5)
    let latents = try codec.encode(picture, context: RunContext())
    #expect(try questions { _ = try codec.encode(picture, context: RunContext()) } >= levels)
    #expect(try questions { _ = try codec.decode(latents, context: RunContext()) } >= levels)
    try stops { _ = try codec.encode(picture, context: RunContext()) }
    try stops { _ = try codec.decode(latents, context: RunContext()) }
  }

  @Test func everyStepOfARunAndOfAnInversion() throws {
    let toy = Toy()
    let latents = try Tensor.full([4, 2, 3], 0.5)
    var request = InversionRequest(prompt: .texts(["cat"]))
    request.steps = 3
    // The loop asks, and so does the toy's model.
    #expect(try questions { _ = try toy.pipeline.invert(latents, request) } == 6)
    #expect(try questions { _ = try toy.generate() } == 8)
    try stops { _ = try toy.pipeline.invert(latents, request) }
    try stops { _ = try toy.generate() }
  }
}
