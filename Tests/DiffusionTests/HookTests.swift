import Models
import Tensor
import Testing

@testable import Sampling

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
    #expect(
      text.map(\.rows) == [
        [Row(sample: 0, isConditional: true, chunk: 0)], [Row(sample: 0, isConditional: false, chunk: 0)],
      ])
    #expect(text.map(\.input) == [.prompt, .negativePrompt])
    #expect(sites.filter { $0.name == "vae.decoder" }.map(\.input) == [.latents])
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
      message == "hook '**.attn2.probs' at \(attention).probs: a tensor of shape "
        + "{2, 2, 6, 6} expected, got {2, 6, 6}")
  }

  @Test func errorsPassThrough() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try Toy().generate { $0.hooks = [try Hook("unet.out") { _, _ in throw Stop() }] }
    }
  }

  @Test func patternsThatMatchNothingAreRefused() throws {
    func refusal(_ pattern: String, _ change: (inout GenerateRequest) -> Void = { _ in }) -> String {
      Toy().refusal {
        $0.hooks = [try Hook("unet.out") { _, _ in nil }, try Hook(pattern) { _, _ in nil }]
        change(&$0)
      }
    }
    #expect(
      refusal("unet.**.atn2.probs").hasPrefix(
        "the hook 'unet.**.atn2.probs' matches no site; the nearest are '\(attention).probs', "))
    #expect(refusal("text_encoder.layer.0").contains("the nearest are 'text_encoder.layers.0', "))
    #expect(refusal("vae.decoder") == "")
    #expect(refusal("vae.decodr").contains("the nearest are 'vae.decoder', "))
    #expect(refusal("**") == "" && refusal("*.out") == "")
    let uncond = GenerateRequest.Condition.embedding(try Tensor.zeros([6, 4]))
    for guidance in [1, 7.5] {
      #expect(
        refusal("text_encoder.**") {
          ($0.prompt, $0.negative, $0.guidance) = (uncond, uncond, guidance)
        }
          == "the hook 'text_encoder.**' would never be called: this run encodes no text, as it was given embeddings"
      )
    }
  }

  @Test func denoisingRefusesPatternsThatMatchNothing() throws {
    let toy = Toy()
    func refusal(_ pattern: String) throws -> String {
      do {
        _ = try toy.pipeline.denoise(
          Tensor.zeros([4, 2, 3]), timestep: 999, embedding: Tensor.zeros([6, 4]),
          hooks: [Hook(pattern) { _, _ in nil }])
        return ""
      } catch { return "\(error)" }
    }
    #expect(try refusal("unet.out") == "")
    #expect(
      try refusal("vae.decoder")
        == "the hook 'vae.decoder' would never be called: denoise calls the noise predictor alone")
    #expect(try refusal("text_encoder.**").contains("denoise calls the noise predictor alone"))
    #expect(try refusal("unet.outt").contains("the nearest are 'unet.out', "))
  }

  /// Every value that a hook is shown: now, after the hook, as a part, and after a replacement.
  @Test func valuesCannotBeWrittenInPlace() throws {
    let plain = try Toy().generate().latents
    var kept: [Tensor] = []
    var refusals = 0
    func attempt(_ body: () throws -> Void) {
      do { try body() } catch {
        refusals += "\(error)".contains("cannot be written in place") ? 1 : 0
      }
    }
    let hooked = try Toy().generate {
      $0.hooks = [
        try Hook("**") { value, site in
          for tensor in kept + [value] { attempt { try tensor.mul_(0) } }
          attempt { try value.selected(0, 0).fill_(1) }
          attempt { try value.copy(from: Tensor.zeros(value.shape)) }
          kept.append(value)
          return nil
        }
      ]
    }
    #expect(difference(hooked.latents, plain) < 1e-6)
    #expect(kept.count > 40 && refusals == kept.count * (kept.count + 1) / 2 + 2 * kept.count)
  }

  /// A hook may use one tensor for all that it returns.
  @Test func replacementsAreCopied() throws {
    func run(_ replacement: @escaping (Tensor, Float) throws -> Tensor) throws -> Tensor {
      try Toy().generate {
        $0.hooks = [
          try Hook("**.attn2.k") { value, _ in try replacement(value, 1) },
          try Hook("**.attn2.v") { value, _ in try replacement(value, -1) },
        ]
      }.latents
    }
    var buffer: Tensor?
    let shared = try run { value, factor in
      let tensor = try buffer ?? Tensor.zeros(value.shape)
      buffer = tensor
      try tensor.copy(from: value.multiplying(factor))
      return tensor
    }
    #expect(try difference(shared, run { try $0.multiplying($1) }) == 0)
  }

  @Test func textsSayWhoseTheyAre() throws {
    var sites: [Site] = []
    _ = try Toy().generate {
      $0.prompt = .texts(["catscats", "dog", "catscats"])
      $0.chunksPrompts = true
      $0.hooks = [
        try Hook("text_encoder.**") { _, site in
          sites.append(site)
          return nil
        }
      ]
    }
    func rows(_ isConditional: Bool, _ samples: [[Int]]) -> [Row] {
      samples.flatMap { samples in
        (0..<2).map { Row(sample: samples[0], isConditional: isConditional, chunk: $0, samples: samples) }
      }
    }
    #expect(sites.map(\.rows) == [rows(true, [[0, 2], [1]]), rows(false, [[0, 1, 2]])])
    #expect(sites.map(\.input) == [.prompt, .negativePrompt])
  }
}
