import Foundation
import Notebook
import Testing

@testable import Scripting

/// Records and patches in scripts, on the small checkpoint of the parity tests.
@Suite struct ProbeBindingTests {
  private func printed(_ source: String, model: String = "tiny-sd1") throws -> String {
    var options = Session.Options()
    options.model = "\(ModelBindingTests.goldens)/\(model)"
    let session = try Session(options)
    try #require(
      session.run(
        """
        local t, model = lunette.tensor, assert(lunette.load())
        local function run(options)
          options.prompt, options.seed, options.steps = options.prompt or "a cat", 1, options.steps or 2
          return model:generate(options)
        end
        """) == [])
    return session.run(source).map { output in
      switch output {
      case .stream(_, let text): text
      case .error(let failure): failure.message + "\n"
      default: ""
      }
    }.joined()
  }

  /// Each kind of site by itself and all together, in a run with guidance and two pictures.
  @Test(arguments: ["tiny-sd1", "tiny-sd2", "tiny-pixel"])
  func aRunPatchedWithItsOwnRecordStaysAsItIs(model: String) throws {
    let text = try printed(
      """
      local options = { prompts = { "a cat", "two dogs" }, seeds = { 1, 2 }, steps = 2, record = "**" }
      local a = model:generate(options)
      local pictures = a.images
      local kinds, names = {}, {}
      for _, site in ipairs(a.record:sites()) do
        if not kinds[site.kind] then names[#names + 1] = site.kind end
        kinds[site.kind] = kinds[site.kind] or {}
        table.insert(kinds[site.kind], site.name)
      end
      kinds.all, names[#names + 1] = "**", "all"
      for _, kind in ipairs(names) do
        options.record, options.patch = nil, { { from = a.record, sites = kinds[kind] } }
        local b = model:generate(options)
        local same = b.latents == a.latents
        for i, picture in ipairs(b.images) do same = same and picture:tensor() == pictures[i]:tensor() end
        print(kind, same)
      end
      """, model: model)
    let lines = text.split(separator: "\n")
    #expect(lines.count >= 12, "\(text)")
    for line in lines { #expect(line.hasSuffix("\ttrue"), "\(line)") }
  }

  /// What is listed is visited, and the other way round; shapes are as they are said to be.
  @Test(arguments: ["tiny-sd1", "tiny-sd2", "tiny-inpaint", "tiny-pixel"])
  func everySiteIsVisitedAsItIsDescribed(model: String) throws {
    let text = try printed(
      """
      local known, seen = {}, 0
      local picture, mask = model:decode(model:noise{ seed = 1 }):clamp(0, 1), nil
      mask = t.zeros{ picture:size(1), picture:size(2) }
      mask[{ { 1, 8 }, {} }] = 1
      local out = run{ image = picture, mask = mask, record = "**" }
      local record, _ = out.record, out.image
      for _, site in ipairs(out.record:sites()) do
        seen = seen + 1
        known[site.name] = true
        local options = { step = site.steps and site.steps[1] }
        if site.name:match("^vae.encoder") then
          options.input = pcall(record.get, record, site.name, { input = "image" }) and "image" or "masked_image"
        end
        local shape = out.record:get(site.name, options):size()
        local words = {}
        for word in site.shape:gmatch("[^{}, ]+") do words[#words + 1] = word end
        table.remove(words, 1)
        assert(#words == #shape, site.name .. " " .. site.shape .. " " .. #shape)
        for i, word in ipairs(words) do
          if word == "heads" then assert(shape[i] == site.heads, site.name) end
          if word == "width" or word == "channels" then assert(shape[i] == site.width, site.name .. shape[i]) end
          if word == "tokens" then assert(shape[i] == 77, site.name .. shape[i]) end
        end
      end
      for _, site in ipairs(model:sites()) do assert(known[site.name], site.name) end
      print(seen == #model:sites())
      """, model: model)
    #expect(text == "true\n", "\(text)")
  }

  @Test func patchesDoWhatTheySay() throws {
    let text = try printed(
      """
      local z = "unet.mid_block.**.attn2.z"
      local a, b = run{ record = z }, run{ prompt = "two dogs", record = z }
      local function patched(patch)
        patch.sites = patch.sites or z
        return run{ patch = { patch }, record = patch.sites }
      end
      local function value(out, step, cond) return out.record:get(z, { step = step, cond = cond }) end
      local one = patched{ from = b.record, heads = 2, steps = 1, rows = "cond" }
      print(value(one, 1)[2] == value(b, 1)[2], value(one, 1)[1] == value(a, 1)[1])
      print(value(one, 1, false) == value(a, 1, false), value(one, 2)[2] == value(b, 2)[2])
      local half = patched{ from = b.record, scale = 0.5, steps = 1 }
      print(((value(a, 1) + value(b, 1)) / 2 - value(half, 1)):abs():max():item() < 1e-6)
      print(value(patched{ from = a.record, scale = 0, steps = 1 }, 1) == value(a, 1))
      local mean = patched{ mean = true, steps = 1 }
      print((value(mean, 1) - value(a, 1):mean(2, { keepdim = true })):abs():max():item() < 1e-6)
      print(value(patched{ value = 0, heads = { 1 } }, 1)[1]:abs():max():item())
      local more = patched{ add = t.ones{ value(a, 1):size(3) }, scale = 3, steps = 1 }
      print((value(more, 1) - value(a, 1) - 3):abs():max():item() < 1e-5)
      """)
    #expect(
      text == """
        true\ttrue
        true\tfalse
        true
        true
        true
        0.0
        true

        """)
  }

  @Test func tokensArePatched() throws {
    let text = try printed(
      """
      local layer = "text_encoder.layers.0"
      local c, a = model:encode("a cat", { record = layer })
      local d, b = model:encode{ text = "a dog", record = layer }
      local _, m = model:encode("a cat", { record = layer, patch = { { from = b, sites = layer, tokens = { 3 } } } })
      print(m:get(layer)[3] == b:get(layer)[3], m:get(layer)[2] == a:get(layer)[2], a:get(layer)[3] == b:get(layer)[3])
      -- The last layer's output, but for the norm after it, is the embedding.
      local last = model:sites("text_encoder.final_layer_norm")[1].name
      local e = model:encode("a cat", { patch = { { from = select(2, model:encode("a dog", { record = last })), sites = last } } })
      print(e == d, e == c)
      local out = run{ record = "unet.mid_block.**.attn2.probs", patch = { { sites = "unet.mid_block.**.attn2.probs", value = 0, tokens = { 3, 4 } } } }
      local probs = out.record:get("**.probs", { step = 1 })
      print(probs[{ {}, {}, { 3, 4 } }]:max():item(), probs[{ {}, {}, 2 }]:min():item() > 0)
      """)
    #expect(text == "true\ttrue\tfalse\ntrue\tfalse\n0.0\ttrue\n", "\(text)")
  }

  @Test func recordsKeepTheTape() throws {
    let text = try printed(
      """
      local c = model:encode("a cat"):requires_grad_()
      local eps, trace, record = model:denoise(model:noise{ seed = 1 }, 500, c, { record = "unet.mid_block" })
      record:get("unet.mid_block"):pow(2):sum():backward()
      print(trace, c.grad:abs():max():item() > 0)
      local direction = t.zeros{ record:get("unet.mid_block"):size(1) }:requires_grad_()
      local steered = model:denoise(model:noise{ seed = 1 }, 500, model:encode("a cat"), {
        patch = { { sites = "unet.mid_block", add = direction } } })
      steered:pow(2):sum():backward()
      -- Against a finite difference in one channel.
      local function loss(x)
        local d = direction:detach():clone()
        d[1] = x
        return model:denoise(model:noise{ seed = 1 }, 500, model:encode("a cat"), {
          patch = { { sites = "unet.mid_block", add = d } } }):pow(2):sum():item()
      end
      local slope = (loss(0.05) - loss(-0.05)) / 0.1
      print(math.abs(slope - direction.grad[1]:item()) < 0.02 * math.abs(slope) + 1e-3)
      """)
    #expect(text == "nil\ttrue\ntrue\n", "\(text)")
  }

  /// Whatever would do nothing, or something else than was said, is refused by name.
  @Test(arguments: [
    ("sites = 'unet.mid_blok', value = 0", "the patch 'unet.mid_blok' matches no site; the nearest are"),
    ("sites = 'unet.mid_block', value = 0, heads = 1", "heads of a patch: unet.mid_block has none"),
    ("sites = 'unet.mid_block.**.attn2.z', value = 0, heads = 99", "there is no head 99"),
    ("sites = 'unet.mid_block', value = 0, tokens = 1", "tokens of a patch: unet.mid_block has none"),
    ("sites = 'text_encoder.layers.0', value = 0, tokens = 78", "there is no token 78"),
    (
      "sites = 'unet.mid_block', value = 0, steps = { 1, 9 }",
      "1 to 9 are not all among those that the run takes"
    ),
    ("sites = 'text_encoder.layers.0', value = 0, steps = 1", "is called outside the loop of steps"),
    ("sites = 'unet.mid_block', value = t.zeros{3}", "does not go with a row of shape"),
    ("sites = 'unet.mid_block'", "one of from, add, value and mean expected"),
    ("sites = 'unet.mid_block', value = 0, add = 1", "cannot go together with"),
    ("sites = 'unet.mid_block', mean = 'samples'", "goes only together with 'from'"),
    ("sites = 'unet.mid_block', value = 0, row = 'cond'", "did you mean 'rows'?"),
    ("sites = 'unet.mid_block', value = 0, rows = 'conditional'", "'both', 'cond' or 'uncond' expected"),
    ("sites = 'unet.time_embedding', value = 0, rows = 'cond'", "one value for all rows"),
    ("sites = 'unet.mid_block', from = other.record", "has no unet.mid_block"),
    ("sites = 'unet.out', from = other.record, index = 2", "has no picture 2"),
    ("sites = 'unet.out', from = other.record", "has no unet.out of step 2"),
    ("sites = 'unet.out', from = fewer.record", "is from another schedule"),
    ("value = 0", "option 'patch.sites'"),
  ])
  func slipsAreRefused(patch: String, message: String) throws {
    let text = try printed(
      """
      local other = run{ record = { sites = "unet.out", steps = 1 } }
      local fewer = run{ steps = 3, record = "unet.out" }
      print(pcall(run, { patch = { \(patch) } }))
      """)
    #expect(text.contains("false") && text.contains(message), "\(text)")
  }

  @Test func aliasesOfOtherLibraries() throws {
    let text = try printed(
      """
      for _, pair in ipairs{
        { "unet.**.attn2.to_q", "unet.**.attn2.q" }, { "unet.**.to_out.0", "unet.**.attn*.out" },
        { "text_encoder.text_model.encoder.layers.0.self_attn.q_proj", "text_encoder.layers.0.self_attn.q" },
        { "text_encoder.encoder.layers.*.self_attn.out_proj", "text_encoder.layers.*.self_attn.out" },
        { "text_encoder.text_model.final_layer_norm", "text_encoder.final_layer_norm" },
        { "unet.conv_out", "unet.out" } } do
        local a, b = model:sites(pair[1]), model:sites(pair[2])
        local same = #a == #b and #a > 0
        for i in ipairs(a) do same = same and a[i].name == b[i].name end
        print(same)
      end
      """)
    #expect(text == String(repeating: "true\n", count: 6), "\(text)")
  }

  /// Docs/sites.md is what `Scripts/dev/sites` would write.
  @Test func theTableOfSitesIsTheModels() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let script = try String(contentsOf: root.appendingPathComponent("Scripts/dev/sites.lua"), encoding: .utf8)
    let written = try Session().run(script).map { output in
      if case .stream(_, let text) = output { text } else { "" }
    }.joined()
    let page = try String(contentsOf: root.appendingPathComponent("Docs/sites.md"), encoding: .utf8)
    #expect(page.hasSuffix("\n\n" + written), "run Scripts/dev/sites")
  }
}
