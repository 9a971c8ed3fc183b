import Foundation
import Testing

/// The faults page: every message that it quotes is provoked, so that it says what the program says.
@Suite struct TroubleshootingTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let model = root.appendingPathComponent("Tests/DiffusionTests/Goldens/tiny-sd1").path

  /// What provokes each message, by the beginning of its heading: a line of Lua, or arguments of the program.
  private static let provocations: [(heading: String, arguments: [String])] = [
    lua("there is no folder and no plugin", "assert(lunette.load('owner/name'))"),
    lua("a pickle of PyTorch", "assert(lunette.load('model.ckpt'))"),
    lua(
      "not a checkpoint of Stable",
      "assert(lunette.load('\(root.path)/Tests/DiffusionTests/Goldens/gradients.safetensors'))"),
    lua("has more than", "model:generate{ prompt = ('a '):rep(90), steps = 1 }"),
    lua(
      "'…' is not in the prompt",
      "require('daam').maps(model:generate{ prompt = 'a cat', steps = 1, trace = true }):word('dog')"),
    lua("unknown option", "model:generate{ promt = 'a cat' }"),
    lua("at most", "lunette.sha256('a', 'b')"),
    lua("list without gaps", "model:generate{ prompts = { 'a', negative = 'b' } }"),
    lua(
      "… has no effect",
      "model:generate{ prompt = 'a', steps = 1, scheduler = 'ddim', noise = model:noise{}, seed = 1 }"),
    lua("there is no scheduler", "model:generate{ prompt = 'a', scheduler = 'plms' }"),
    lua("the … scheduler has no eta", "model:generate{ prompt = 'a', scheduler = 'euler', eta = 1 }"),
    lua("start_step", "model:generate{ prompt = 'a', start_step = 3 }"),
    lua("grad_steps", "model:generate{ prompt = 'a', steps = 2, scheduler = 'ddim', grad_steps = 3 }"),
    lua("timestep must be", "model:denoise(model:noise{}, 1000, model:encode('a'))"),
    lua("the hook '…' matches", "model:generate{ prompt = 'a', hooks = { { 'unet.outt', print } } }"),
    lua(
      "the hook '…' would never",
      "model:generate{ embedding = model:encode('a'), guidance = 1, hooks = { { 'text_encoder.**', print } } }"
    ),
    lua("layers '…'", "model:generate{ prompt = 'a', trace = { layers = 'unet.mid' } }"),
    lua("a list of { pattern", "model:generate{ prompt = 'a', hooks = { ['unet.out'] = print } }"),
    lua(
      "cannot be written in place",
      "model:generate{ prompt = 'a', steps = 1, hooks = { { 'unet.out', function(x) x:zero_() end } } }"),
    lua(
      "a hook on",
      "model:generate{ prompt = 'a', steps = 1, hooks = { { 'unet.out', function() return 1 end } } }"),
    lua("on_step returned", "model:generate{ prompt = 'a', steps = 1, on_step = function(s) return s end }"),
    lua(
      "the trace has no unconditional",
      "local trace = model:generate{ prompt = 'a', steps = 1, trace = true }.trace trace:heatmap{ token = 1, uncond = true }"
    ),
    lua("a tensor that requires", "lunette.tensor{ 1 }:requires_grad_():zero_()"),
    (heading: "--set …: a kernel", arguments: ["kernel", "install", "--set", "n=1"]),
    (heading: "--set …: the parameters cell", arguments: ["run", "script.lua", "--set", "m=1"]),
    (heading: "--set … is a number", arguments: ["run", "script.lua", "--set", "n=abc"]),
    (heading: "is not a command", arguments: ["rnu"]),
    (heading: "there is no file", arguments: ["run", "dam"]),
  ]

  private static func lua(_ heading: String, _ code: String) -> (heading: String, arguments: [String]) {
    (heading, ["eval", "--model", model, "local model = assert(lunette.load()) \(code)"])
  }

  @Test func everyQuotedMessageIsTheProgramsOwn() throws {
    let page = try String(
      contentsOf: Self.root.appendingPathComponent("Docs/troubleshooting.md"), encoding: .utf8)
    let headings = page.matches(of: /### `(.+)`\n/).map { String($0.1) }
    #expect(headings.count == Self.provocations.count)
    let program = try Program()
    try program.script("-- %% tags=[\"parameters\"]\nlocal n = 4\n")
    try Data([0x50, 0x4B, 3, 4, 20, 0, 0, 8] + Array(repeating: 0, count: 56)).write(
      to: program.file("model.ckpt"))
    for (heading, provocation) in zip(headings, Self.provocations) {
      #expect(heading.hasPrefix(provocation.heading), "\(heading): the page and this list go in one order")
      let message = try program.run(provocation.arguments).errors
      var rest = Substring(message)
      for part in heading.split(separator: "…") {
        let words = part.trimmingCharacters(in: .whitespaces)
        guard let place = rest.range(of: words) else {
          Issue.record("\(heading): the program says \(message)")
          break
        }
        rest = rest[place.upperBound...]
      }
    }
  }

  @Test func theReadmeAndTheGuideLeadHere() throws {
    for (name, link) in [("README.md", "Docs/troubleshooting.md"), ("Docs/lua.md", "troubleshooting.md")] {
      let text = try String(contentsOf: Self.root.appendingPathComponent(name), encoding: .utf8)
      #expect(text.contains("](\(link))"))
    }
  }
}
