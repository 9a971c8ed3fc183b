import Foundation
import Notebook
import Platform
import Testing

@testable import Lua
@testable import Scripting

/// Models in scripts, on the small checkpoint of the parity tests.
@Suite struct ModelBindingTests {
  static let goldens =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    + "/DiffusionTests/Goldens"

  /// What a script prints, or the message of its error, after `model` was loaded.
  private func printed(_ source: String, model: String = "tiny-sd1") throws -> String {
    var options = Session.Options()
    options.model = "\(Self.goldens)/\(model)"
    let session = try Session(options)
    try #require(session.run("local model = assert(lunette.load())") == [])
    return session.run(source).map { output in
      switch output {
      case .stream(_, let text): text
      case .error(let failure): failure.message
      default: "\(output)"
      }
    }.joined()
  }

  @Test func fingerprintsTellModelsApart() throws {
    let load = "lunette.load('\(Self.goldens)/tiny-sd1', "
    let lora = "{ path = '\(Self.goldens)/adapters/kohya.safetensors', scale ="
    let lines = try printed(
      """
      print(model.fingerprint, lunette.load('\(Self.goldens)/tiny-sd2').fingerprint)
      print(\(load){ loras = { \(lora) 1 } } }).fingerprint, \(load){ loras = { \(lora) 0.5 } } }).fingerprint)
      print(\(load){ loras = { \(lora) 1 } } }).fingerprint)
      """
    ).split { $0.isWhitespace }
    try #require(lines.count == 5)
    #expect(lines[0] == FileHash.sha256(of: "\(Self.goldens)/tiny-sd1").map { $0[...] })
    #expect(Set(lines[..<4]).count == 4)
    #expect(lines[2] == lines[4])
  }

  /// The tables that values give are made for whoever asks: what one plugin writes into them, another never finds.
  @Test func tablesOfValuesAreMadeAnew() throws {
    let found = try printed(
      """
      local t = lunette.tensor
      local out = model:generate{ prompt = 'a cat', seed = 1, steps = 1, trace = true }
      local values = { model = model, out = out, trace = out.trace, clip = model.clip, image = out.image, tensor = t{ { 1, 2 } },
        table = lunette.table{ { a = 1 } }, optimizer = lunette.optim.sgd({ t{ 1 }:requires_grad_() }, { lr = 1 }) }
      local properties = { "images", "seeds", "timesteps", "tokens", "layers", "columns", "info", "lr", "steps", "grad" }
      local shared, tables = {}, 0
      local function compare(name, ask)
        local done, one = pcall(ask)
        if not done or type(one) ~= "table" then return end
        tables = tables + 1
        if rawequal(one, ask()) then shared[#shared + 1] = name end
      end
      for name, value in lunette.spairs(values) do
        for _, property in ipairs(properties) do compare(name .. "." .. property, function() return value[property] end) end
        for _, method in ipairs{ "size", "tolist", "sites", "words", "rows", "mimebundle" } do
          compare(name .. ":" .. method, function() return value[method](value) end)
        end
      end
      compare("tokenize", function() return model:tokenize("a cat") end)
      print(tables >= 8, #shared, table.concat(shared, " "))
      """)
    #expect(found == "true\t0\t\n")
  }

  @Test func schedulersHaveSettings() throws {
    let run = "local out = model:generate{ prompt = 'a cat', steps = 4, scheduler ="
    #expect(try printed("\(run) 'heun' } print(#out.timesteps)") == "7\n")
    #expect(
      try printed("\(run) { name = 'euler', timestep_spacing = 'trailing' } } print(out.timesteps[1])")
        == "999.0\n")
    #expect(
      try printed("\(run) { name = 'euler', use_karas_sigmas = true } }")
        .contains("unknown option 'scheduler.use_karas_sigmas'; did you mean 'use_karras_sigmas'?"))
    #expect(
      try printed("\(run) { steps_offset = 'one' } }")
        .contains("steps_offset must be a whole number, got \"one\""))
    #expect(try printed("\(run) 'plms' }").contains("there is no scheduler 'plms' (there are 'ddim'"))
  }

  @Test func memoryIsSavedOnRequest() throws {
    let load = "lunette.load('\(Self.goldens)/tiny-sd1', "
    let run = ":generate{ prompt = 'a cat', seed = 3, steps = 2 }"
    #expect(
      try printed(
        """
        local low = assert(\(load){ low_memory = true }))
        print(low\(run).image:tensor() == model\(run).image:tensor())
        local narrow, wide = assert(\(load){ dtype = 'bf16' }))\(run).latents, model\(run).latents
        print((narrow - wide):abs():max():item() < 0.1 * wide:abs():max():item())
        print(assert(\(load){ vae_tile = 16 }))\(run).image.height == model\(run).image.height)
        """) == "true\ntrue\ntrue\n")
    #expect(try printed("\(load){ dtype = 'f64' })").contains("\"f32\" or \"bf16\" expected, got \"f64\""))
    #expect(
      try printed("print(\(load){ vae_tile = 9 }))").contains("vae_tile must be a positive multiple of 8"))
  }

  @Test func tracesGoToDisk() throws {
    let run = "model:generate{ prompt = 'a cat', steps = 3, trace ="
    let folder = FileManager.default.temporaryDirectory.path
    #expect(
      try printed(
        """
        local disk = \(run) { steps = 'each', folder = '\(folder)' } }.trace
        local memory = \(run) { steps = 'each' } }.trace
        local path = memory.layers[1].path
        for step = 1, 3 do print(disk:probs(path, { step = step }) == memory:probs(path, { step = step })) end
        """) == "true\ntrue\ntrue\n")
    #expect(
      try printed("\(run) { folder = '\(folder)' } }").contains("goes only together with steps = \"each\""))
    #expect(
      try printed("\(run) { steps = 'each', folder = '\(folder)/none' } }").contains("no room for a trace"))
  }

  @Test func invertingGivesTheStatesOfARun() throws {
    let text = try printed(
      """
      local img = model:generate{ prompt = "a cat", steps = 2, seed = 1, scheduler = "ddim" }.image
      local inv = model:invert(img, "a cat", { steps = 3, guidance = 2, negative_prompt = "a dog" })
      print(#inv.latents, inv.latents[4] == model:encode_image(img), table.concat(inv.latents[1]:size(), " "))
      """)
    #expect(text == "4\ttrue\t4 16 16\n")
    #expect(try printed("model:invert(1, 'a cat')").contains("bad argument #1 to 'invert'"))
  }

  @Test func picturesAreStartedFrom() throws {
    let text = try printed(
      """
      local t = lunette.tensor
      local img, mask = t.full({ 32, 48, 3 }, 0.5), t.zeros{ 32, 48 }
      mask[{ {}, { 1, 24 } }] = 1
      local options = { prompt = "a cat", image = img, steps = 4, scheduler = "ddim", trace = { uncond = true } }
      local first = model:generate(options)
      print(table.concat(first.latents:size(), " "), first.image, #first.trace.layers > 0)
      options.mask, options.strength = mask, 1
      print(model:generate(options).latents == first.latents)
      options.image = { img, img * 0.5 }
      print(#model:generate(options))
      """)
    #expect(text == "4 16 24\timage 48 × 32\ttrue\nfalse\n2\n")
    let run = "model:generate{ prompt = 'a cat', "
    #expect(
      try printed("\(run)strength = 0.5 }").contains("option 'strength': goes only together with 'image'"))
    #expect(try printed("\(run)image = 3 }").contains("option 'image'"))
    #expect(
      try printed("\(run)image = lunette.tensor.zeros{ 32, 32, 3 }, mask = lunette.tensor.zeros{ 8, 8 } }")
        .contains("mask must be of shape {32, 32}"))
    #expect(try printed("\(run)stength = 1 }").contains("did you mean 'strength'?"))
  }

  @Test func promptsMayBeLongAndWeighted() throws {
    let text = try printed(
      """
      local long = ("a cat and a dog "):rep(20)
      local c = model:encode{ text = long, chunks = true }
      print(c:size(1) > 77, model:encode{ text = "a (cat:1.5)", weights = true } == model:encode("a cat"))
      local out = model:generate{ prompts = { long, "a cat" }, chunks = true, steps = 1, trace = true }
      print(#out.tokens[1].words, out.tokens[1][#out.tokens[1]].position == out.tokens[1].eot)
      """)
    #expect(text == "true\tfalse\n100\ttrue\n")
  }

  @Test func adaptersGoWithTheModel() throws {
    let load = "lunette.load('\(Self.goldens)/tiny-sd1', "
    let lora = "'\(Self.goldens)/adapters/kohya.safetensors'"
    let text = try printed(
      """
      local tuned = assert(\(load){ loras = { \(lora), { path = \(lora), scale = -1 } }, vae = '\(Self.goldens)/tiny-inpaint' }))
      local c, d = model:encode("a cat"), tuned:encode("a cat")
      print((c - d):abs():max():item() < 1e-5)
      local words = assert(\(load){ embeddings = { { path = '\(Self.goldens)/adapters/cat-toy.safetensors', token = "<toy>" } } }))
      print(words:tokenize("a <toy> on").words[2], words.vocabulary_size - model.vocabulary_size)
      print(\(load){ loras = { 'nowhere.safetensors' } }))
      print(#model.info.components, model.info.components[1].types[1])
      """)
    #expect(
      text == "true\n<toy>\t2\nnil\tnowhere.safetensors: no such file\n5\tF16\n")
    #expect(
      try printed("\(load){ loras = { { path = 'x', sale = 1 } } })").contains(
        "unknown field 'sale'; there are 'path' and 'scale'")
    )
    #expect(
      try printed("\(load){ prediction_type = 'v' })").contains("\"v_prediction\" or \"sample\" expected"))
  }

  /// A script in Latin-1, or half a character: repaired it would be another prompt.
  @Test(arguments: [
    "model:generate{ prompt = 'caf\\xe9', steps = 1 }",
    "model:generate{ prompts = { 'a', 'caf\\xe9' }, steps = 1 }",
    "model:generate{ prompt = 'a', negative_prompt = '\\xff', steps = 1 }", "model:tokenize('caf\\xe9')",
    "model:encode('caf\\xe9')", "model:encode{ text = 'caf\\xe9' }", "model.clip:text('caf\\xe9')",
    "model.clip:text{ 'a', 'caf\\xe9' }",
    "model:invert(lunette.image.new(lunette.tensor.ones{ 32, 32, 3 }), '\\xc3')",
  ])
  func promptsAreUTF8(_ call: String) throws {
    let text = try printed(call)
    #expect(text.contains("text in UTF-8 expected"), "\(text)")
  }
}
