import Models
import Sampling
import Tensor
import Testing

@Suite struct GenerateTests {
  /// The loop written out once more, with the scheduler alone.
  @Test func isTheLoopOfThePaper() throws {
    let toy = Toy()
    let result = try toy.generate {
      $0.guidance = 3
      $0.seeds = [7]
    }
    let scheduler = try DDIMScheduler(SchedulerConfig(), steps: 4)
    var latents = try toy.pipeline.noise(seed: 7)
    let (text, empty) = try (toy.pipeline.encode("cat"), toy.pipeline.encode(""))
    for (index, time) in scheduler.timesteps.enumerated() {
      let with = try toy.pipeline.denoise(latents, timestep: time, embedding: text).prediction
      let without = try toy.pipeline.denoise(latents, timestep: time, embedding: empty).prediction
      let guided = try without.adding(with.subtracting(without).multiplying(3))
      latents = try scheduler.step(guided, at: index, sample: latents, noise: nil).sample
    }
    #expect(difference(try result.latents.selected(0, 0), latents) < 1e-5)
    #expect(difference(try result.image(), try toy.pipeline.decode(latents)) < 1e-5)
    #expect(try result.image().shape == [4, 6, 3])
    #expect((result.width, result.height) == (6, 4))
  }

  @Test func guidanceOfAtMostOneAsksTheModelOnce() throws {
    let toy = Toy()
    _ = try toy.generate { $0.guidance = 1 }
    #expect(toy.unet.calls == [1, 1, 1, 1] && toy.textEncoder.calls == [1])
    _ = try toy.generate { $0.guidance = 1.5 }
    #expect(toy.unet.calls.suffix(4) == [2, 2, 2, 2])
  }

  @Test(arguments: ["ddim", "euler"], [0.0, 1.0])
  func aSplitRunIsTheWholeRun(scheduler: String, eta: Double) throws {
    if scheduler == "euler" && eta > 0 { return }
    let toy = Toy()
    func run(_ change: (inout GenerateRequest) -> Void = { _ in }) throws -> Tensor {
      try toy.generate {
        $0.scheduler = scheduler
        $0.eta = eta
        $0.steps = 7
        $0.seeds = [3]
        change(&$0)
      }.latents
    }
    let whole = try run()
    var state = try run { $0.endStep = 3 }
    #expect(difference(state, whole) > 1e-3)
    state = try run {
      $0.latents = state
      $0.startStep = 4
      $0.endStep = 4
    }
    state = try run {
      $0.latents = state
      $0.startStep = 5
    }
    #expect(state.toArray() == whole.toArray())

    // the noise of the seed given as a tensor is the seed, in later steps too
    let noise = try toy.pipeline.noise(seed: 3)
    #expect(try run { $0.noise = noise }.toArray() == whole.toArray())
  }

  @Test func listsGoTogether() throws {
    let toy = Toy()
    let both = try toy.generate {
      $0.prompt = .texts(["cat", "dog"])
      $0.seeds = [5, 6]
    }
    #expect(both.count == 2 && both.seeds == [5, 6])
    let cat = try toy.generate("cat") { $0.seeds = [5] }
    let dog = try toy.generate("dog") { $0.seeds = [6] }
    #expect(difference(try both.latents.selected(0, 0), try cat.latents.selected(0, 0)) < 1e-5)
    #expect(difference(try both.latents.selected(0, 1), try dog.latents.selected(0, 0)) < 1e-5)
    #expect(difference(try both.image(1), try dog.image()) < 1e-5)
    #expect(both.tokens.map { $0?.tokens.map(\.text).joined() } == ["cat", "dog"])

    let seeds = try toy.generate("dog") { $0.seeds = [5, 6, 5] }
    #expect(seeds.count == 3)
    #expect(difference(try seeds.latents.selected(0, 1), try dog.latents.selected(0, 0)) < 1e-5)
    let prompts = try toy.generate {
      $0.prompt = .texts(["dog", "cat", "dog"])
      $0.seeds = [6]
    }
    #expect(difference(try prompts.latents.selected(0, 2), try dog.latents.selected(0, 0)) < 1e-5)
    let negatives = try toy.generate("dog") {
      $0.negative = .texts(["", "x"])
      $0.seeds = [6]
    }
    #expect(difference(try negatives.latents.selected(0, 0), try dog.latents.selected(0, 0)) < 1e-5)
    #expect(difference(try negatives.latents.selected(0, 1), try dog.latents.selected(0, 0)) > 1e-3)
  }

  @Test func listsOfOtherLengthsAreRefused() throws {
    let message = Toy().refusal {
      $0.prompt = .texts(["a", "b"])
      $0.seeds = [1, 2, 3]
    }
    #expect(
      message
        == "prompts has 2 entries and seeds has 3: lists must be equally long, a single entry goes with all")
    #expect(Toy().refusal { $0.seeds = [] } == "seeds is empty")
    let latents = try Tensor.zeros([3, 4, 2, 3])
    #expect(
      Toy().refusal {
        $0.negative = .texts(["a", "b"])
        $0.latents = latents
      }
      .hasPrefix("negativePrompt has 2 entries and latents has 3"))
  }

  @Test func embeddingsInThreeForms() throws {
    let toy = Toy()
    let plain = try toy.generate("cat") { $0.negative = .texts(["x"]) }.latents
    let (cat, dog) = try (toy.pipeline.encode("cat"), toy.pipeline.encode("dog"))
    let x = try toy.pipeline.encode("x")
    let single = try toy.generate {
      $0.prompt = .embedding(cat)
      $0.negative = .embedding(x)
    }
    #expect(difference(single.latents, plain) < 1e-6)
    #expect(single.tokens.count == 1 && single.tokens[0] == nil)
    let batch = try toy.generate {
      $0.prompt = .embedding(try Tensor.stacked([dog, cat], dim: 0))
      $0.negative = .embedding(x)
    }
    #expect(difference(try batch.latents.selected(0, 1), try plain.selected(0, 0)) < 1e-5)
    let perStep = try toy.generate {
      $0.prompt = .embeddings([cat, cat, cat, cat])
      $0.negative = .embeddings([x, x, x, x])
    }
    #expect(difference(perStep.latents, plain) < 1e-6)

    // a prompt that changes after step 2 is two runs
    let switched = try toy.generate { $0.prompt = .embeddings([cat, cat, dog, dog]) }.latents
    let half = try toy.generate("cat") { $0.endStep = 2 }.latents
    let rest = try toy.generate("dog") {
      $0.latents = half
      $0.startStep = 3
    }.latents
    #expect(difference(switched, rest) < 1e-6)
  }

  @Test func embeddingsThatDoNotFitAreRefused() throws {
    let toy = Toy()
    let c = try toy.pipeline.encode("cat")
    #expect(
      toy.refusal { $0.prompt = .embedding(try Tensor.zeros([6, 5])) }
        == "embedding must be of shape {tokens, 4}, got {6, 5}")
    #expect(toy.refusal { $0.prompt = .embeddings([c, c, c]) } == "embedding has 3 entries for 4 steps")
    #expect(
      toy.refusal { $0.negative = .embedding(try Tensor.zeros([5, 4])) }
        == "embedding has 6 tokens and unconditional 5: guidance needs equally many")
    // other lengths than the tokenizer's are fine as long as both halves agree
    let short = try c.narrowed(0, start: 0, length: 3)
    #expect(
      toy.refusal {
        $0.prompt = .embedding(short)
        $0.negative = .embedding(short)
      } == "")
  }

  @Test func onStepChangesThisAndLaterSteps() throws {
    let toy = Toy()
    let dog = try toy.pipeline.encode("dog")
    let half = try toy.generate("cat") { $0.endStep = 2 }.latents
    let rest = try toy.generate("dog") {
      $0.latents = half
      $0.startStep = 3
    }.latents
    var indices: [Int] = []
    let switched = try toy.generate("cat") {
      $0.onStep = { state in
        indices.append(state.index)
        if state.index == 3 { state.embedding = dog }
        if state.index == 4 { #expect(difference(state.embedding, dog) == 0) }
      }
    }
    #expect(indices == [1, 2, 3, 4])
    #expect(difference(switched.latents, rest) < 1e-6)

    let moved = try toy.generate("dog") {
      $0.onStep = { if $0.index == 3 { $0.latents = try half.selected(0, 0) } }
    }
    #expect(difference(moved.latents, rest) < 1e-6)

    let unled = try toy.generate("cat") { $0.onStep = { $0.uncond = $0.embedding } }.latents
    #expect(difference(unled, try toy.generate("cat") { $0.guidance = 1 }.latents) < 1e-5)
  }

  @Test func onStepIsChecked() throws {
    let toy = Toy()
    #expect(
      toy.refusal { $0.onStep = { $0.latents = try Tensor.zeros([4, 2, 2]) } }
        == "latents set by onStep must be of shape {1, 4, 2, 3}, got {4, 2, 2}")
    #expect(
      toy.refusal { $0.onStep = { $0.embedding = try Tensor.zeros([6, 3]) } }
        == "embedding set by onStep must be of shape {tokens, 4}, got {6, 3}")
    #expect(
      toy.refusal {
        $0.guidance = 1
        $0.onStep = { $0.uncond = $0.embedding }
      }.contains("only with guidance"))
  }

  @Test(arguments: SchedulerRegistry.names)
  func onStepEndSeesTheStep(scheduler: String) throws {
    let toy = Toy()
    var ends: [StepEnd] = []
    let result = try toy.generate {
      $0.scheduler = scheduler
      $0.onStepEnd = { ends.append($0) }
    }
    #expect(ends.map(\.index) == Array(1...result.timesteps.count))
    #expect(ends.map(\.timestep) == result.timesteps)
    let last = try #require(ends.last)
    #expect(difference(last.latents, result.latents) == 0)
    #expect(difference(try ends[1].preview(), try toy.pipeline.decode(ends[1].denoised.selected(0, 0))) == 0)
    // The last step lands on the predicted clean sample, except where it looks back at earlier predictions, or ends with
    // the noise of the lowest level of training, which sde-dpmsolver draws anew.
    let limits = ["ddim": Float(1e-2), "tcd": 5e-2, "dpmsolver": 5e-2, "deis": 5e-2]
    if !["pndm", "lms", "sde-dpmsolver"].contains(scheduler) {
      #expect(difference(last.denoised, result.latents) < limits[scheduler] ?? 1e-5)
    }
  }

  @Test func largeBatchesAreCut() throws {
    let toy = Toy(height: 128, width: 128)
    let seeds: [UInt64] = [0, 1, 2, 3, 4]
    var rows: [[Row]] = []
    let result = try toy.generate {
      $0.seeds = seeds
      $0.steps = 1
      $0.hooks = [
        try Hook("unet.out") { _, site in
          rows.append(site.rows)
          return nil
        }
      ]
      $0.prompt = .embedding(try Tensor.zeros([1, 4]))
      $0.negative = .embedding(try Tensor.zeros([1, 4]))
    }
    #expect(toy.unet.calls == [4, 4, 2])
    #expect(rows.map { $0.map(\.sample) } == [[0, 1, 0, 1], [2, 3, 2, 3], [4, 4]])
    let last = try toy.generate {
      $0.seeds = [4]
      $0.steps = 1
      $0.prompt = .embedding(try Tensor.zeros([1, 4]))
      $0.negative = .embedding(try Tensor.zeros([1, 4]))
    }
    #expect(difference(try result.latents.selected(0, 4), try last.latents.selected(0, 0)) < 1e-6)
  }

  @Test func worksOnPixelsWithoutACodec() throws {
    let toy = Toy(codec: nil)
    let result = try toy.generate()
    #expect((result.width, result.height) == (3, 2))
    #expect(try result.image().shape == [2, 3, 4])
  }

  @Test func picturesGoThereAndBack() throws {
    let toy = Toy()
    let latents = try toy.pipeline.noise(seed: 1, width: 8, height: 4)
    #expect(latents.shape == [4, 2, 4])
    let image = try toy.pipeline.decode(latents)
    let again = try toy.pipeline.encodeImage(image)
    #expect(
      difference(try again.narrowed(0, start: 0, length: 3), try latents.narrowed(0, start: 0, length: 3))
        < 1e-5)
    let batch = try toy.pipeline.decode(Tensor.stacked([latents, latents], dim: 0))
    #expect(batch.shape == [2, 4, 8, 3])
  }

  @Test func interruptsStopTheRun() throws {
    struct Interrupted: Error {}
    let toy = Toy()
    nonisolated(unsafe) var progress: [Int] = []
    toy.pipeline.onProgress = { done, total in
      #expect(total == 4)
      progress.append(done)
    }
    let interruption = Interruption { if progress.count == 2 { throw Interrupted() } }
    Interruption.$current.withValue(interruption) {
      #expect(throws: Interrupted.self) { _ = try toy.generate() }
    }
    #expect(progress == [1, 2])
  }

  @Test func longPromptsAreReported() throws {
    let result = try Toy().generate("catdog")
    #expect(result.warnings == ["prompt 'catdog…' has more than 6 tokens; cut off: 'og'"])
  }

  /// A model that cuts the sample into patches has no use for parts of one.
  @Test func sizesAreMultiplesOfPatches() throws {
    let toy = Toy()
    toy.unet.patchSize = 3
    #expect(toy.refusal { $0.width = 8 } == "width must be a positive multiple of 6, got 8")
    #expect(toy.refusal { $0.height = 4 } == "height must be a positive multiple of 6, got 4")
    #expect(
      toy.refusal { $0.noise = try Tensor.zeros([4, 2, 3]) }
        == "the last two sizes of noise must be multiples of 3, got {4, 2, 3}")
    #expect(
      toy.refusal { $0.image = try Tensor.zeros([6, 8, 3]) }.hasPrefix(
        "the sides of image must be multiples of 6"))
  }

  @Test func refusesWhatCannotBe() throws {
    let toy = Toy()
    let state = try Tensor.zeros([4, 2, 3])
    #expect(toy.refusal { $0.width = 5 } == "width must be a positive multiple of 2, got 5")
    #expect(toy.refusal { $0.height = 0 } == "height must be a positive multiple of 2, got 0")
    #expect(toy.refusal { $0.steps = 0 } == "steps must be between 1 and 1000, got 0")
    #expect(
      toy.refusal { $0.startStep = 2 } == "startStep = 2 needs latents: the state that enters that step")
    #expect(
      toy.refusal {
        $0.startStep = 5
        $0.latents = state
      } == "startStep must be between 1 and 4, got 5")
    #expect(
      toy.refusal {
        $0.startStep = 3
        $0.endStep = 2
        $0.latents = state
      }
        == "endStep must be between 3 and 4, got 2")
    #expect(
      toy.refusal {
        $0.latents = state
        $0.noise = state
      } == "give noise or latents, not both")
    #expect(
      toy.refusal { $0.noise = try Tensor.zeros([3, 2, 3]) }
        == "noise must be of shape {4, h, w} or {n, 4, h, w}, got {3, 2, 3}")
    #expect(
      toy.refusal {
        $0.latents = state
        $0.width = 8
      }.contains("which stands for 6 × 4 pixels"))
    #expect(
      toy.refusal { $0.rng = "numpy" } == "there is no rng 'numpy' (there are 'torch-cpu' and 'torch-cuda')")
    #expect(toy.refusal { $0.guidance = .nan } == "guidance must be a finite number, got nan")
    #expect(toy.refusal { $0.scheduler = "plms" }.hasPrefix("there is no scheduler 'plms'"))
    #expect(throws: PipelineError("token id 128 is not in the vocabulary of 128")) {
      try toy.pipeline.encode(ids: [1, 128])
    }
  }
}
