import Models
import Sampling
import Tensor
import Testing

@Suite struct TraceParityTests {
  /// The recorded cross-attention of every layer, summed over the steps, and which layers there are.
  @Test(arguments: Reference.all)
  func probabilities(reference: Reference) throws {
    let noise = try reference["daam.noise"]
    let pipeline = try reference.pipeline()
    var request = GenerateRequest(prompt: reference.runPrompt)
    request.noise = noise
    request.steps = try reference.number("daam.steps")
    request.guidance = 7.5
    request.scheduler = "ddim"
    request.trace = TraceOptions()
    let result = try pipeline.generate(request)
    try reference.expect(result.latents.selected(0, 0), like: "daam.latents", within: 5e-4)

    #expect(result.tokens[0]?.tokens.count == (try reference.number("daam.tokens")))
    let trace = try #require(result.trace)
    #expect(trace.latentHeight == noise.shape[1])
    #expect(trace.latentWidth == noise.shape[2])
    let recorded = reference.outputs.entries.map(\.name).filter { $0.hasPrefix("daam.probs.") }
    #expect(Set(trace.layers.map { "daam.probs.\($0.path)" }) == Set(recorded))
    for (index, layer) in trace.layers.enumerated() {
      let key = "daam.probs.\(layer.path)"
      guard reference.has(key) else { continue }
      let all = try trace.probabilities(layer: index).selected(0, 0)
      let columns = try reference[key].shape[2]
      try reference.expect(all.narrowed(2, start: 0, length: columns), like: key, within: 5e-4)
    }
  }
}
