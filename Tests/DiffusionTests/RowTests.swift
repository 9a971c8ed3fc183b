import Glibc
import Tensor
import Testing

@testable import Families
@testable import Models

/// Rows of a batch that pass through the UNet side by side.
@Suite(.serialized, .enabled(if: Compute.standard.rowsAreIndependent))
struct RowTests {
  private let unet: any NoisePredictor
  private let sample, embedding: Tensor
  private let rows = [
    Row(sample: 0, isConditional: false), Row(sample: 1, isConditional: false),
    Row(sample: 0, isConditional: true), Row(sample: 1, isConditional: true),
  ]

  init() throws {
    let reference = try #require(Reference.all.first { $0.name == "tiny-sd1" })
    unet = try Checkpoint(directory: reference.model).predictor()
    let one = try reference["unet.1.sample"].permuted([0, 2, 3, 1]).contiguous()
    sample = try .concatenated([one, one.multiplying(0.5)], dim: 0)
    let text = try (0..<2).map { try reference["text.\($0).hidden"] }
    embedding = try .stacked([text[0], text[1], text[1], text[0]], dim: 0)
  }

  private func bytes(_ tensor: Tensor) -> [UInt32] { tensor.toArray().map(\.bitPattern) }

  private func onThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    defer { Compute.threads = 0 }
    Compute.threads = count
    return try body()
  }

  @Test func threadsAndNeighboursChangeNothing() throws {
    let alone = try (0..<4).map { row in
      try unet(
        sample.narrowed(0, start: row, length: 1), timestep: 500,
        embedding: embedding.narrowed(0, start: row, length: 1), context: RunContext())
    }
    for threads in [1, 2, 3] {
      let together = try onThreads(threads) {
        try unet(sample, timestep: 500, embedding: embedding, context: RunContext(rows: rows))
      }
      let isSame = try bytes(together) == bytes(.concatenated(alone, dim: 0))
      #expect(isSame, "\(threads) threads")
    }
  }

  @Test func tracesAreThoseOfOneThread() throws {
    func trace(_ threads: Int) throws -> Trace {
      let trace = Trace(
        options: TraceOptions(selfAttention: true, unconditional: true), samples: 2, latentHeight: 16,
        latentWidth: 16)
      let context = RunContext(rows: rows, trace: trace)
      try onThreads(threads) {
        for step in 1...3 {
          context.step = step
          _ = try unet(sample, timestep: 500, embedding: embedding, context: context)
        }
      }
      return trace
    }
    let (one, three) = try (trace(1), trace(3))
    #expect(one.layers == three.layers && one.layers.count == 14 && three.steps == [1, 2, 3])
    for layer in one.layers.indices {
      for conditional in [false, true] {
        let isSame =
          try bytes(one.probabilities(layer: layer, conditional: conditional))
          == bytes(three.probabilities(layer: layer, conditional: conditional))
        #expect(isSame, "\(one.layers[layer].path), conditional \(conditional)")
      }
    }
  }

  /// The question goes to Lua, which belongs to one thread.
  @Test func onlyTheCallerIsAskedForInterrupts() throws {
    struct Stop: Error {}
    nonisolated(unsafe) let caller = pthread_self()
    nonisolated(unsafe) var calls = 0
    let interruption = Interruption {
      #expect(pthread_equal(caller, pthread_self()) != 0)
      calls += 1
      if calls == 3 { throw Stop() }
    }
    let context = RunContext()
    onThreads(3) {
      Interruption.$current.withValue(interruption) {
        #expect(throws: Stop.self) {
          // Other threads may have taken all rows of a call before the caller got to one.
          for _ in 1...100 { _ = try unet(sample, timestep: 500, embedding: embedding, context: context) }
        }
      }
    }
    #expect(calls == 3)
  }

  @Test func whatIsKnownOfTheTextBelongsToARow() throws {
    let context = RunContext(rows: rows)
    let first = try unet(sample, timestep: 500, embedding: embedding, context: context)
    let turned = try Tensor.concatenated(
      [2, 3, 0, 1].map { try embedding.narrowed(0, start: $0, length: 1) })
    let second = try unet(sample, timestep: 500, embedding: turned, context: context)
    let fresh = try unet(sample, timestep: 500, embedding: turned, context: RunContext())
    #expect(bytes(second) == bytes(fresh))
    #expect(bytes(second) != bytes(first))
  }
}
