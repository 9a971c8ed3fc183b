import Models
import Tensor
import Testing

@Suite struct HookTests {
  private let attention = "unet.up_blocks.1.attentions.0.attn2"

  @Test func seeEveryValueWithItsSite() throws {
    var sites: [Site] = []
    var shapes: [String: [Int]] = [:]
    let toy = Toy()
    let result = try toy.generate {
      $0.steps = 2
      $0.hooks = [
        try Hook("**") { value, site in
          sites.append(site)
          shapes[site.name] = value.shape
          return nil
        }
      ]
    }
    _ = try result.image()
    #expect(shapes["\(attention).q"] == [2, 6, 4])
    #expect(shapes["\(attention).k"] == [2, 6, 4])
    #expect(shapes["\(attention).probs"] == [2, 2, 6, 6])
    #expect(shapes["\(attention).out"] == [2, 6, 4])
    #expect(shapes["unet.out"] == [2, 4, 2, 3])
    #expect(shapes["text_encoder.layers.0"] == [1, 6, 4])
    #expect(shapes["vae.decoder"] == [1, 4, 2, 3])

    let probabilities = sites.filter { $0.name == "\(attention).probs" }
    #expect(probabilities.map(\.step) == [1, 2])
    #expect(probabilities.map(\.timestep) == [500, 0])
    #expect(probabilities.map(\.height) == [2, 2] && probabilities.map(\.width) == [3, 3])
    let rows = [Row(sample: 0, isConditional: false), Row(sample: 0, isConditional: true)]
    #expect(probabilities.allSatisfy { $0.rows == rows })
    let text = sites.filter { $0.name == "text_encoder.layers.0" }
    #expect(text.map(\.rows) == [[rows[1]], [rows[0]]])
    #expect(text.allSatisfy { $0.step == nil && $0.height == nil })
  }

  @Test func keepingEverythingChangesNothing() throws {
    let plain = try Toy().generate()
    let hooked = try Toy().generate { $0.hooks = [try Hook("**") { _, _ in nil }] }
    #expect(difference(hooked.latents, plain.latents) < 1e-6)
  }

  @Test func replacementsTakeEffectInOrder() throws {
    let plain = try Toy().generate()
    var seen: [Float] = []
    let replaced = try Toy().generate {
      $0.hooks = [
        try Hook("unet.out") { value, _ in try value.multiplying(0) },
        try Hook("unet.**") { value, site in
          if site.name == "unet.out" { seen.append(value.toArray().map { abs($0) }.max() ?? 1) }
          return nil
        },
      ]
    }
    #expect(seen == [0, 0, 0, 0])
    #expect(difference(replaced.latents, plain.latents) > 0.01)

    // the attention's output follows the replaced probabilities
    let uniform = try Toy().generate {
      $0.hooks = [
        try Hook("**.attn2.probs") { value, _ in try value.multiplying(0).adding(1 / Float(value.shape[3])) },
        try Hook("**.attn2.out") { value, _ in
          let first = try value.selected(1, 0)
          #expect(difference(try value.selected(1, 5), first) < 1e-5)
          return nil
        },
      ]
    }
    #expect(difference(uniform.latents, plain.latents) > 1e-3)
  }

  @Test func wrongShapesAreRefusedByName() throws {
    let message = Toy().refusal {
      $0.hooks = [try Hook("**.attn2.probs") { value, _ in try value.selected(0, 0) }]
    }
    #expect(
      message == "hook '**.attn2.probs' at \(attention).probs must return nil or a tensor of shape "
        + "{2, 2, 6, 6}, got {2, 6, 6}")
  }

  @Test func errorsPassThrough() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try Toy().generate { $0.hooks = [try Hook("unet.out") { _, _ in throw Stop() }] }
    }
  }

  @Test func patternsThatMatchNothingAreReported() throws {
    let result = try Toy().generate {
      $0.hooks = [try Hook("unet.**.atn2.probs") { _, _ in nil }, try Hook("unet.out") { _, _ in nil }]
    }
    #expect(result.warnings == ["hook pattern 'unet.**.atn2.probs' matched no site"])
  }
}
