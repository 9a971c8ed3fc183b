import Foundation
import Models
import Tensor
import Testing

@Suite struct TraceTests {
  private let cross = "unet.up_blocks.1.attentions.0.attn2"

  @Test func sumsAreWhatHooksSee() throws {
    let toy = Toy()
    var seen: [Int: Tensor] = [:]
    let hook = try Hook("**.attn2.probs") { value, site in
      seen[site.step ?? 0] = try value.clone()
      return nil
    }
    let hooked = try toy.generate {
      $0.hooks = [hook]
      $0.trace = TraceOptions(unconditional: true)
    }
    let summed = try #require(try toy.generate { $0.trace = TraceOptions() }.trace)
    let each = try #require(
      try toy.generate { $0.trace = TraceOptions(unconditional: true, steps: .each) }.trace)
    #expect(summed.layers.map(\.path) == [cross])
    #expect(each.steps == [1, 2, 3, 4] && seen.count == 4)

    for (row, conditional) in [(0, false), (1, true)] {
      var sum = try Tensor.zeros([1, 2, 6, 6])
      for step in 1...4 {
        let ofStep = try #require(seen[step]).narrowed(0, start: row, length: 1)
        let recorded = try each.probabilities(layer: 0, step: step, conditional: conditional)
        #expect(difference(recorded, ofStep) < 1e-5)
        sum = try sum.adding(ofStep)
      }
      #expect(difference(try each.probabilities(layer: 0, conditional: conditional), sum) < 1e-5)
      let withHook = try #require(hooked.trace)
      #expect(difference(try withHook.probabilities(layer: 0, conditional: conditional), sum) < 1e-5)
      if conditional { #expect(difference(try summed.probabilities(layer: 0), sum) < 1e-5) }
    }
  }

  @Test func mapsOnDiskAreThoseInMemory() throws {
    let workshop = try Workshop()
    let toy = Toy()
    func trace(_ folder: String?) throws -> Trace {
      let options = TraceOptions(
        selfAttention: true, unconditional: true, steps: .each, folder: folder)
      return try #require(try toy.generate { $0.trace = options }.trace)
    }
    let (inMemory, onDisk) = try (trace(nil), trace(workshop.path))
    #expect(onDisk.layers == inMemory.layers && !onDisk.layers.isEmpty)
    for layer in onDisk.layers.indices {
      for conditional in [true, false] {
        for step in [nil, 4, 1, 3, 1, 2] {
          let found = try onDisk.probabilities(layer: layer, step: step, conditional: conditional)
          let expected = try inMemory.probabilities(layer: layer, step: step, conditional: conditional)
          #expect(found.toArray() == expected.toArray())
        }
      }
    }
    // The file's name is gone at once, so that nothing stays behind whatever happens.
    #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.path).isEmpty)
    let error = #expect(throws: PipelineError.self) { _ = try trace("\(workshop.path)/none") }
    #expect(error?.message.contains("/none: no room for a trace: No such file") == true)
  }

  @Test func tracingChangesNothing() throws {
    let plain = try Toy().generate()
    for unconditional in [false, true] {
      let traced = try Toy().generate {
        $0.trace = TraceOptions(selfAttention: true, unconditional: unconditional)
      }
      #expect(difference(traced.latents, plain.latents) < 1e-6)
    }
  }

  @Test func recordsWhatTheModelGoesOnWith() throws {
    let result = try Toy().generate {
      $0.hooks = [try Hook("**.attn2.probs") { value, _ in try value.multiplying(0).adding(0.25) }]
      $0.trace = TraceOptions()
    }
    let map = try #require(result.trace).map(layer: 0, token: 2)
    #expect(map.shape == [2, 3])
    #expect(map.toArray().allSatisfy { abs($0 - 1) < 1e-6 })
  }

  @Test func everyPictureOfABatchHasItsMaps() throws {
    let prompts = ["cat", "dog", "owl"]
    let batch = try Toy().generate {
      $0.prompt = .texts(prompts)
      $0.seeds = [1, 2, 3]
      $0.trace = TraceOptions(unconditional: true)
    }
    let trace = try #require(batch.trace)
    for (sample, prompt) in prompts.enumerated() {
      let single = try #require(
        try Toy().generate(prompt) {
          $0.seeds = [UInt64(sample + 1)]
          $0.trace = TraceOptions(unconditional: true)
        }.trace)
      for conditional in [true, false] {
        for head in [0, 1, nil] {
          let map = try trace.map(layer: 0, head: head, token: 1, sample: sample, conditional: conditional)
          let alone = try single.map(layer: 0, head: head, token: 1, conditional: conditional)
          #expect(difference(map, alone) < 1e-5)
        }
      }
    }
  }

  @Test func mapsAreCutFromTheSums() throws {
    let trace = try #require(try Toy().generate { $0.trace = TraceOptions() }.trace)
    let all = try trace.probabilities(layer: 0)
    let heads = try (0..<2).map { try trace.map(layer: 0, head: $0, token: 3) }
    for y in 0..<2 {
      for x in 0..<3 {
        let expected = try all.selected(0, 0).selected(0, 1).selected(0, y * 3 + x).selected(0, 3).item()
        #expect(try heads[1].selected(0, y).selected(0, x).item() == expected)
      }
    }
    let mean = try heads[0].adding(heads[1]).multiplying(0.5)
    #expect(difference(try trace.map(layer: 0, token: 3), mean) < 1e-6)
  }

  @Test func optionsChooseLayers() throws {
    func paths(_ options: TraceOptions) throws -> [String] {
      try Toy().generate { $0.trace = options }.trace?.layers.map(\.path) ?? []
    }
    let own = "unet.up_blocks.1.attentions.0.attn1"
    #expect(try paths(TraceOptions(selfAttention: true)) == [own, cross])
    #expect(try paths(TraceOptions(cross: false, selfAttention: true)) == [own])
    #expect(try paths(TraceOptions(layers: [SitePattern("unet.up_blocks.**")])) == [cross])
  }

  @Test func tracesThatRecordNothingAreRefused() throws {
    func refusal(_ options: TraceOptions, guidance: Double = 7.5) -> String {
      Toy().refusal {
        $0.trace = options
        $0.guidance = guidance
      }
    }
    let known = try SitePattern("**.attn2")
    #expect(
      refusal(TraceOptions(layers: [known, try SitePattern("unet.up_block.**.attn2")]))
        == "layers 'unet.up_block.**.attn2' of the trace matches no attention layer; the nearest are '\(cross)'"
    )
    #expect(
      refusal(TraceOptions(layers: [try SitePattern("**.attn1")]))
        == "layers '**.attn1' of the trace names self-attention only, which it is not to record")
    #expect(
      refusal(TraceOptions(cross: false, selfAttention: true, layers: [known]))
        == "layers '**.attn2' of the trace names cross-attention only, which it is not to record")
    #expect(refusal(TraceOptions(cross: false)).contains("would record nothing"))
    #expect(refusal(TraceOptions(unconditional: true), guidance: 1).contains("needs guidance above 1"))
    #expect(refusal(TraceOptions(selfAttention: true, layers: [known])) == "")
  }

  @Test func layersMayDiffer() throws {
    let trace = try #require(try Toy(height: 8, hasMiddle: true).generate { $0.trace = TraceOptions() }.trace)
    #expect(trace.layers.map(\.factor) == [1, 2.0.squareRoot()])
    #expect(trace.layers.map(\.heads) == [2, 4])
    #expect(try trace.map(layer: 1, token: 0).shape == [4, 3])
    #expect(try trace.probabilities(layer: 1).shape == [1, 4, 12, 6])
  }

  @Test func heatmapsAverageWhatLayersSay() throws {
    let trace = try #require(
      try Toy(height: 8, hasMiddle: true).generate { $0.trace = TraceOptions(selfAttention: true) }.trace)
    var sum = try Tensor.zeros([8, 3])
    for path in [cross, "unet.mid_block.attentions.0.attn2"] {
      let layer = try trace.index(of: path)
      for head in 0..<trace.layers[layer].heads {
        let map = try trace.map(layer: layer, head: head, token: 2)
        sum = try sum.adding(map.resized(height: 8, width: 3, mode: .bicubic).clamped(min: 0))
      }
    }
    #expect(difference(try trace.heatmap(token: 2), try sum.dividing(6)) < 1e-5)
    #expect(throws: PipelineError("the trace has no layer 'unet'")) { try trace.index(of: "unet") }
  }

  @Test func sayWhatIsNotThere() throws {
    let summed = try #require(try Toy().generate { $0.trace = TraceOptions() }.trace)
    let each = try #require(try Toy().generate { $0.trace = TraceOptions(steps: .each) }.trace)
    func message(_ body: () throws -> Tensor) -> String {
      do {
        _ = try body()
        return ""
      } catch { return "\(error)" }
    }
    #expect(message { try summed.probabilities(layer: 1) } == "the trace has 1 layers, there is no layer 2")
    #expect(message { try summed.probabilities(layer: 0, step: 2) }.contains("no step 2"))
    #expect(message { try each.probabilities(layer: 0, step: 9) }.contains("has the steps 1 to 4"))
    #expect(
      message { try summed.probabilities(layer: 0, conditional: false) }.contains("no unconditional maps"))
    #expect(message { try summed.map(layer: 0, head: 2, token: 0) }.contains("no head 3"))
    #expect(message { try summed.map(layer: 0, token: 6) }.contains("no token 7"))
    #expect(message { try summed.map(layer: 0, token: 0, sample: 1) }.contains("no sample 2"))
  }
}
