import Foundation
import Notebook
import Testing

@testable import Scripting

/// Hooks, callbacks and options of runs: nothing that a script says is lost without a word.
@Suite struct HookBindingTests {
  private func printed(_ source: String, warnings: ((String) -> Void)? = nil) throws -> String {
    var options = Session.Options()
    options.model = "\(ModelBindingTests.goldens)/tiny-sd1"
    let session = try Session(options)
    session.onWarning = { warnings?($0) }
    try #require(session.run("local t, model = lunette.tensor, assert(lunette.load())") == [])
    return session.run(source).map { output in
      switch output {
      case .stream(.stdout, let text): text
      case .error(let failure): failure.message
      // What the source ends with is no matter here.
      default: ""
      }
    }.joined()
  }

  private func hooked(_ hooks: String, _ options: String = "") throws -> String {
    try printed("model:generate{ prompt = 'a cat', steps = 1, hooks = \(hooks), \(options) }")
  }

  @Test func sitesSayWhatTheyAreGiven() throws {
    let text = try printed(
      """
      local long = ("a cat and a dog "):rep(20)
      model:generate{ prompts = { long, "a cat", long }, chunks = true, steps = 1, hooks = {
        { "text_encoder.layers.0", function(_, site)
          local rows = {}
          for i, row in ipairs(site.rows) do
            rows[i] = tostring(row.sample) .. (row.cond and "+" or "-") .. row.chunk .. "(" .. table.concat(row.samples, ",") .. ")"
          end
          print(site.input, site.step, table.concat(rows, " "))
        end },
        { "unet.out", function(_, site) print(site.input, site.step, #site.rows, site.rows[1].chunk) end },
      } }
      """)
    #expect(
      text == """
        prompt\tnil\t1+1(1,3) 1+2(1,3) 2+1(2) 2+2(2)
        negative_prompt\tnil\t1-1(1,2,3) 1-2(1,2,3)
        nil\t1\t6\tnil

        """)
  }

  @Test func codecSitesSayWhatTheyAreGiven() throws {
    let text = try printed(
      """
      local model = assert(lunette.load("\(ModelBindingTests.goldens)/tiny-inpaint", { vae_tile = 32 }))
      local mask = t.zeros{ 32, 64 }
      mask[{ {}, { 1, 24 } }] = 1
      local out = model:generate{ prompt = "a cat", image = t.full({ 32, 64, 3 }, 0.5), mask = mask, steps = 2, strength = 0.9, hooks = {
        { "vae.*coder.mid_block.resnets.0", function(_, site) print(site.input, site.tile) end } } }
      out.image:size()
      """)
    #expect(text == "image\tnil\nmasked_image\tnil\n" + (1...6).map { "latents\t\($0)\n" }.joined())
  }

  @Test func hooksThatWouldNeverRunAreRefused() throws {
    #expect(
      try hooked("{ ['unet.mid_block'] = print }")
        .contains("write { { \"unet.mid_block\", function } } for { [\"unet.mid_block\"] = function }"))
    #expect(
      try hooked("{ { 'unet.out', function() end }, ['unet.mid_block'] = print }").contains(
        "a list of { pattern"))
    #expect(
      try hooked("{ { 'unet.out', function() end, step = 3 } }").contains(
        "at [1], which has [\"step\"] besides"))
    #expect(try hooked("{ { 'unet.out', function() end, print } }").contains("at [1], which has [3] besides"))
    #expect(try hooked("{ 'unet.out', print }").contains("{ pattern, function } expected at [1], got string"))
    #expect(try hooked("{ { 'unet.out', print }, nil, { 'unet.out', print } }").contains("hooks"))
    #expect(
      try hooked("{ { 'unet.mid_blok', print } }").contains(
        "matches no site; the nearest are 'unet.mid_block', "))
    #expect(
      try printed(
        "model:denoise(model:noise{}, 500, model:encode('a'), { hooks = { { 'unet.mid', print } } })"
      )
      .contains("matches no site; the nearest are"))
    #expect(
      try printed("model:generate{ prompt = 'a', trace = { layers = 'unet.mid_block.**.atn2' } }")
        .contains(
          "matches no attention layer; the nearest are 'unet.mid_block.attentions.0.transformer_blocks.0.attn2'"
        ))
  }

  @Test func whatAHookMayReturn() throws {
    func run(_ value: String) throws -> String {
      try hooked("{ { 'unet.out', function(x) return \(value) end } }")
    }
    #expect(
      try run("1").contains("a hook on 'unet.out' must return nil or a tensor (tensor expected, got 1)"))
    #expect(try run("false").contains("must return nil or a tensor"))
    #expect(try run("{}").contains("must return nil or a tensor"))
    #expect(try run("x[1]").contains("a tensor of shape {2, 4, 16, 16} expected, got {4, 16, 16}"))
    #expect(try run("nil") == "" && run("x * 2") == "" && run("") == "")
  }

  @Test func writingInPlaceIsRefused() throws {
    let plain = "local plain = model:generate{ prompt = 'a cat', seed = 1, steps = 1 }"
    for write in [
      "x:mul_(0)", "x[1] = 0", "x[{ 1, 1 }]:fill_(0)", "x:narrow(1, 1, 1):add_(1)",
      "x:index_copy_(1, {1}, x[{ {1, 1} }])",
    ] {
      for site in [
        "unet.out", "text_encoder.layers.0", "unet.mid_block.**.attn2.probs", "unet.mid_block.**.attn2.v",
      ] {
        #expect(
          try hooked("{ { '\(site)', function(x) \(write) end } }").contains("cannot be written in place"),
          "\(write) \(site)")
      }
    }
    let text = try printed(
      """
      \(plain)
      local kept
      local out = model:generate{ prompt = "a cat", seed = 1, steps = 1, hooks = {
        { "unet.mid_block", function(x) kept = x end },
        { "unet.out", function() print(pcall(kept.zero_, kept)) end } } }
      print(out.latents == plain.latents)
      kept = out.latents
      local before = out.image:tensor():clone()
      print(#before, before == plain.image:tensor())
      kept:zero_()
      """)
    #expect(text.hasPrefix("false\t") && text.hasSuffix("true\n32\ttrue\n"), "\(text)")
  }

  /// Latents of a result are its owner's; the picture is the run's.
  @Test func picturesAreThoseOfTheRun() throws {
    #expect(
      try printed(
        """
        local a, b = model:generate{ prompt = "a cat", steps = 1 }, model:generate{ prompt = "a cat", steps = 1 }
        b.latents:zero_()
        print(b.latents:abs():max():item(), a.image:tensor() == b.image:tensor())
        """) == "0.0\ttrue\n")
  }

  @Test func onStepMayWriteOrAssign() throws {
    let text = try printed(
      """
      local function run(change, scheduler)
        return model:generate{ prompt = "a cat", steps = 4, scheduler = scheduler, on_step = change }.latents
      end
      for _, scheduler in ipairs{ "ddim", "pndm", "dpmsolver++", "unipc", "lms", "heun" } do
        local assigned = run(function(s) if s.index == 3 then s.latents = s.latents * 0.5 end end, scheduler)
        local written = run(function(s) if s.index == 3 then s.latents:mul_(0.5) end end, scheduler)
        local buffer = t.zeros{ 4, 16, 16 }
        local reused = run(function(s)
          buffer:copy_(s.latents):mul_(s.index == 3 and 0.5 or 1)
          s.latents = buffer
        end, scheduler)
        print(assigned == written, assigned == reused, assigned == run(nil, scheduler))
      end
      """)
    #expect(text == String(repeating: "true\ttrue\tfalse\n", count: 6))
  }

  @Test func callbacksAreHeldToWhatTheyMayDo() throws {
    func run(_ options: String) throws -> String {
      try printed("model:generate{ prompt = 'a cat', steps = 2, \(options) }")
    }
    #expect(
      try run("on_step = function(s) return s.latents end").contains(
        "on_step returned a value, which changes nothing"))
    #expect(try run("on_step_end = function(s) return 1 end").contains("on_step_end returned a value"))
    for name in ["latents", "denoised", "noise_pred"] {
      #expect(
        try run("on_step_end = function(s) s.\(name):zero_() end").contains(
          "what on_step_end shows cannot be written in place"))
    }
    #expect(
      try run("on_step = function(s) s.timestep = 3 end").contains("'timestep' of a step cannot be assigned"))
    #expect(try run("on_step = function(s) s.latent = 3 end").contains("did you mean 'latents'?"))
    #expect(try run("on_step = function(s) s.latents = 'x' end").contains("tensor expected, got string"))
    #expect(
      try run("on_step = function(s) s.latents = s.latents[1] end").contains(
        "latents set by on_step must be of shape"))
    #expect(
      try run("on_step = function(s) s.embedding = t.ones{ 77, 3 } end").contains(
        "embedding set by on_step must be"))
    #expect(
      try run("on_step = function(s) s.uncond = s.embedding end, guidance = 1").contains(
        "only with guidance above 1"))
    #expect(try run("on_step_end = function(s) s.latents = s.latents end").contains("cannot be assigned"))
    #expect(try run("on_step = function() end, on_step_end = function() end") == "")
  }

  @Test func optionsThatContradictAreRefused() throws {
    func run(_ options: String) throws -> String {
      try printed("model:generate{ steps = 2, scheduler = 'ddim', \(options) }")
    }
    #expect(try run("prompt = 'a', grad_steps = 3").contains("grad_steps must be at most 2"))
    #expect(
      try run("prompts = { 'a', 'b' }, seeds = { 1, 2, 3 }").contains("prompts has 2 entries and seeds has 3")
    )
    #expect(try run("prompts = { 'a', 'b', negative = 'c' }").contains("[\"negative\"]"))
    #expect(try run("prompts = { 'a', nil, 'c' }, seeds = { 1, nil, 3 }").contains("expected"))
    #expect(
      try run(
        "prompt = 'a', image = { t.ones{ 32, 32, 3 }, t.ones{ 32, 32, 3 } }, mask = { t.ones{ 32, 32 }, t.ones{ 32, 32 }, t.ones{ 32, 32 } }"
      )
      .contains("image has 2 entries and mask has 3"))
    let c = "model:encode('a')"
    #expect(
      try run("embedding = { \(c), \(c), \(c) }").contains(
        "embedding has 3 entries, and the schedule 2 steps"))
    #expect(try run("embedding = { \(c) , \(c) }, end_step = 1") == "")
    #expect(
      try printed("model:generate{ prompt = 'a', steps = 2, eta = 0.5, scheduler = 'euler' }").contains(
        "has no eta"))
    #expect(
      try run("prompt = 'a', trace = { uncond = true }, guidance = 1").contains(
        "uncond of the trace needs guidance"))
    #expect(try run("prompt = 'a', start_step = 2").contains("needs latents"))
    #expect(try run("prompt = 'a', mask = t.ones{ 32, 32 }").contains("mask needs image"))
    #expect(try run("prompt = 'a', rng = 'numpy'").contains("there is no rng 'numpy'"))
    #expect(
      try printed("model:encode{ text = 'a', ids = { 1 } }").contains(
        "option 'ids': cannot go together with 'text'"))
    #expect(
      try printed("model:encode{ ids = { 1 }, chunks = true }").contains("goes only together with 'text'"))
    #expect(
      try printed("model:encode({ text = 'a' }, { chunks = true })").contains("options go into the first"))
    #expect(
      try printed(
        "print(model:encode('a (b)', { weights = true }) == model:encode{ text = 'a (b)', weights = true })")
        == "true\n")
    #expect(try printed("t.zeros({ 2 }, 3)").contains("nothing after a list of sizes expected, got 3"))
    for timestep in ["1000", "-1", "1e9", "0/0", "1/0"] {
      #expect(
        try printed("model:denoise(model:noise{}, \(timestep), \(c))").contains(
          "timestep must be between 0 and 999"))
    }
    #expect(try printed("model:denoise(model:noise{}, 999, \(c))") == "")
  }

  @Test func optionsWithoutEffectAreNamed() throws {
    func warnings(_ options: String) throws -> [String] {
      var found: [String] = []
      let text = try printed("model:generate{ steps = 1, \(options) }") { found.append($0) }
      #expect(text == "")
      return found
    }
    let reason = "the run starts from noise, and its scheduler draws no noise"
    let noise = "noise = model:noise{}"
    #expect(
      try warnings("prompt = 'a', seed = 3, \(noise), scheduler = 'ddim'") == [
        "seed has no effect: \(reason)"
      ])
    #expect(
      try warnings("prompt = 'a', rng = 'torch-cuda', \(noise), scheduler = 'ddim'") == [
        "rng has no effect: \(reason)"
      ])
    #expect(try warnings("prompt = 'a', seed = 3, \(noise), scheduler = 'ddpm'") == [])
    #expect(try warnings("prompt = 'a', seed = 3, \(noise), scheduler = 'ddim', eta = 0.5") == [])
    #expect(
      try warnings("prompt = 'a', guidance = 1, negative_prompt = 'b'") == [
        "negative_prompt has no effect: guidance is at most 1"
      ])
    #expect(
      try warnings("prompt = 'a', guidance = 1, uncond = model:encode('')") == [
        "uncond has no effect: guidance is at most 1"
      ])
    #expect(
      try warnings("prompt = 'a', guidance = 1, negative_prompt = '', guidance_rescale = 0.5") == [
        "guidance_rescale has no effect: guidance is at most 1"
      ])
    #expect(
      try warnings("embedding = model:encode('a'), guidance = 1, chunks = true") == [
        "chunks has no effect: no text is encoded"
      ])
    #expect(try warnings("prompt = 'a', seed = 3") == [])
  }
}
