import Models
import Tensor
import Testing

@testable import Scripting

/// What errors of the floors below are called in Lua.
@Suite struct WordingTests {
  @Test func settingsAreCalledAsOptionsAre() {
    let options = Set(GenerateOptions.keys + CheckpointArguments.keys + LuaModel.forms)
    // The second argument of `model:denoise`.
    let positional = ["timestep"]
    for setting in Setting.allCases where !positional.contains(setting.optionName) {
      #expect(options.contains(setting.optionName), "\(setting)")
    }
  }

  @Test func settingsAndAdviceAreInLua() {
    let error = PipelineError("\(.startStep) = \(3) needs \(.latents)")
    #expect("\(error)" == "startStep = 3 needs latents")
    #expect(error.settings == [.startStep, .latents])
    #expect(Wording.text(of: error) == "start_step = 3 needs latents")

    let untraced = PipelineError("the trace has no unconditional maps", cause: .tracedWithoutUnconditional)
    #expect("\(untraced)" == "the trace has no unconditional maps")
    #expect(
      Wording.text(of: untraced)
        == "the trace has no unconditional maps: ask for them with trace = { uncond = true }")

    let spent = TensorError("it is gone: compute it again, or keep it", cause: .tapeSpent)
    #expect(Wording.text(of: spent).hasSuffix("or keep it with { retain_graph = true }"))
    #expect(Wording.text(of: TensorError("shapes {2} and {3} do not go together")).hasSuffix("go together"))
  }

  @Test func complaintsAreOneLineWhateverIsPutIntoThem() {
    let inner: Complaint = "\(.noise) set by \(.onStep)"
    let whole: Complaint = "\(inner) is of shape \("{1,\n2}")" + " and \(.mask) is not"
    #expect(whole.settings == [.noise, .onStep, .mask])
    #expect(!whole.description.contains("\n"))
    #expect(whole == "\(.noise) set by \(.onStep) is of shape {1,\n2} and \(.mask) is not")
    #expect(PipelineError("a \(1) b") == PipelineError("a 1 b"))
  }

  /// The sentences reach scripts, whether an error is raised or returned.
  @Test func boundFunctionsSayIt() throws {
    let bench = try Bench()
    try bench.run("m = assert(lunette.load('\(ModelBindingTests.goldens)/tiny-sd1'))")
    #expect(
      bench.failure("m:generate{ prompt = 'a', steps = 2, scheduler = 'ddim', grad_steps = -1 }")
        == "grad_steps must not be negative, got -1")
    try bench.run("out = m:generate{ prompt = 'a', steps = 1, scheduler = 'ddim', trace = true }")
    #expect(
      bench.failure("out.trace:heatmap{ token = 1, uncond = true }").contains("trace = { uncond = true }"))
    #expect(
      bench.failure("out.trace:heatmap{ token = 1, step = 1 }").contains("trace = { steps = \"each\" }"))
    #expect(
      bench.failure("m:generate{ prompt = 'a', trace = { layers = '**.attn1' } }").hasSuffix(
        "ask for it with trace = { self = true }"))
    #expect(
      try bench.text("(select(2, lunette.load('\(ModelBindingTests.goldens)/tiny-sd1', { vae_tile = 9 })))")
        .contains("vae_tile must be"))
  }
}
