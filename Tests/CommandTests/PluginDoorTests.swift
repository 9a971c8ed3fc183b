import Encoding
import Foundation
import Testing

@testable import JupyterKernel

/// What plugins add to runs, to the prompt and to the kernel, by a plugin that nobody has granted anything: it runs confined in all of
/// them.
@Suite struct PluginDoorTests {
  let home: Program

  init() throws {
    home = try Program()
    let folder = home.file(".local/share/lunette/plugins/extra")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("help"), withIntermediateDirectories: true)
    func write(_ text: String, _ name: String) throws {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    try write(
      """
      local extra = {}
      function extra.twice(x) return 2 * x end
      function extra.steal() return (select(2, io.open("/etc/passwd"))) end
      function extra.run() return select(2, pcall(os.execute, "true")) end
      return extra
      """, "init.lua")
    try write(
      """
      return {
        repl_commands = { peek = { summary = "Shows a text", run = function(text) return "<" .. text .. ">" end } },
        schedulers = {
          plain = function(setup)
            local alphas = setup.alphas_cumprod
            local stride = alphas:numel() // setup.steps
            local times = {}
            for i = 1, setup.steps do times[i] = (setup.steps - i) * stride + 1 end
            return {
              timesteps = times,
              step = function(_, noise, i, sample)
                local now = alphas[times[i] + 1]:item()
                local after = alphas[math.max(times[i] - stride, 0) + 1]:item()
                local clean = (sample - noise * math.sqrt(1 - now)) / math.sqrt(now)
                return clean * math.sqrt(after) + noise * math.sqrt(1 - after)
              end,
            }
          end,
          none = function() return { timesteps = {} , step = print } end,
          far = function() return { timesteps = { 1e9 } , step = print } end,
          short = function() return { timesteps = { 1 } , step = function() return lunette.tensor{ 1 } end } end,
          silent = function() return { timesteps = { 1 } , step = function() end } end,
          half = function() return { timesteps = { 1 } } end,
        },
      }
      """, "extensions.lua")
    try write(
      """
      # extra

      What it is good for: nothing\u{1B}[31m.

      ### `extra.twice(x)`

      Twice as much.
      """, "help/extra.md")
  }

  private func eval(_ code: String) throws -> Program.Result {
    try home.run("eval", code, environment: ["HOME": home.folder.path, "XDG_DATA_HOME": ""])
  }

  /// The guide's scheduler is DDIM: the same picture as by the host's own.
  @Test func aSchedulerInLuaDrawsWhatOursDraws() throws {
    try home.script(
      """
      local model = assert(lunette.load())
      local function latents(scheduler, more)
        local options = { prompt = "a cat", seed = 3, steps = 5, guidance = 2, scheduler = scheduler }
        for key, value in pairs(more or {}) do options[key] = value end
        return model:generate(options).latents
      end
      local function same(a, b) return (a - b):abs():max():item() / b:abs():max():item() end
      print(same(latents("extra.plain"), latents("ddim")) < 1e-5)
      local picture = model:generate{ prompt = "a dog", seed = 1, steps = 3 }.image
      local from = { image = picture, strength = 0.6 }
      print(same(latents("extra.plain", from), latents("ddim", from)) < 1e-5)
      local seen, count = {}, 0
      latents("extra.plain", { on_step_end = function(step) seen[step.index], count = step.denoised, count + 1 end })
      latents("ddim", { on_step_end = function(step) print(same(seen[step.index], step.denoised) < 1e-5) end })
      print(count)
      for _, name in ipairs{ "none", "far", "short", "silent", "half", "absent" } do
        print(select(2, pcall(latents, "extra." .. name)))
      end
      """)
    let result = try home.run(
      "run", "script.lua", environment: ["HOME": home.folder.path, "XDG_DATA_HOME": ""])
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(8) == ["true", "true", "true", "true", "true", "true", "true", "5"], "\(result.errors)")
    let complaints = [
      "timesteps: a list of times of training from 0 to 999 expected",
      "timesteps: a list of times of training from 0 to 999 expected",
      "step: a tensor {1, ", "step: a tensor expected, got nil", "the scheduler 'extra.half': step: ",
      "the plugin 'extra' has no 'absent' among its schedulers; there are: far, half, none, plain, short, silent",
    ]
    for (line, complaint) in zip(lines.dropFirst(8), complaints) { #expect(line.contains(complaint)) }
    #expect(lines.count == 14)
  }

  @Test func theReferenceHasItsEntries() throws {
    #expect(try eval("tostring(lunette.help('extra.twice'))").output.contains("Twice as much."))
    let page = try eval("tostring(lunette.help('extra'))").output
    #expect(page.contains("What it is good for: nothing[31m.") && page.contains("extra.twice(x)"))
    #expect(try eval("lunette.help('extra.thrice')").errors.contains("there is no entry 'extra.thrice'"))
    #expect(
      try eval("local e = require('extra'); return tostring(lunette.help('twice'))").output.contains("Twice"))
    #expect(try eval("lunette.help('twice')").errors.contains("there is no entry 'twice'"))
  }

  @Test func thePromptKnowsItAndHoldsIt() throws {
    let pane = try ReplTests.Pane(home: home)
    try pane.enter("local e = require 'extra'; e.twice(21)", until: "42")
    try pane.enter(":peek a \"b\" \\n", until: "<a \"b\" \\n>")
    try pane.enter(":extra.peek c", until: "<c>")
    try pane.enter(":help", until: ":extra.peek")
    #expect(pane.screen.contains("Shows a text"))
    try pane.enter(":help extra.twice", until: "Twice as much.")
    try pane.enter("e.steal()", until: "may only read below")
    try pane.enter("e.run()", until: "'os.execute' is not for plugins")
    try pane.enter(":nothing", until: "no command :nothing")
    try pane.enter("io.open('/etc/passwd')", until: "Permission denied")
    try pane.enter("6 * 7", until: "42")
    try pane.enter("while true do end", until: "while true")
    try pane.press("C-c")
    try pane.wait("interrupted")
    try pane.enter("'still ' .. 'here'", until: "still here")
  }

  @Test func theKernelKnowsItAndHoldsIt() throws {
    let client = try KernelClient(in: home)
    let first = try client.run("local e = require 'extra'\ne.twice(21)")
    #expect(first.result == "42", "\(first.reply.content)")
    #expect(try client.run("e.run()").result?.contains("'os.execute' is not for plugins") == true)
    #expect(try client.run("io.open('/etc/passwd')").reply.content["status"] == "ok")
    #expect(try client.run("select(2, io.open('/etc/passwd'))").result?.contains("Permission denied") == true)
    let inspected = try client.ask(
      "inspect_request", ["code": "e.twice", "cursor_pos": 7, "detail_level": 0])
    #expect(inspected.reply.content["found"] == true)
    #expect(inspected.reply.content["data"]?["text/plain"]?.string?.contains("Twice as much.") == true)
    #expect(try client.run("lunette.display(lunette.tensor{ 1 })").contents(of: "display_data").count == 1)
    #expect(try client.run("'still ' .. 'here'").result == "still here")
  }
}
