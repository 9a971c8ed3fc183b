import Foundation
import Notebook
import Testing

@testable import Lua
@testable import Scripting

@Suite struct SessionTests {
  @Test func printingIsCaptured() throws {
    let session = try Session()
    var streamed: [Output] = []
    session.onOutput = { output, _ in streamed.append(output) }
    let outputs = session.run(
      "print(1, 'a', nil) io.write('b', 2, '\\n') io.stdout:write('c'):write('d') io.stderr:write('e');")
    #expect(outputs == [.stream(.stdout, "1\ta\tnil\nb2\ncd"), .stream(.stderr, "e")])
    #expect(streamed.count == 5)
    #expect(
      try transcript(["io.write({})"])
        == "!! script.lua:1: bad argument #1 to 'write' (string expected, got table)\n")
  }

  @Test func displayAsksTheValue() throws {
    let session = try Session()
    let outputs = session.run(
      """
      lunette.display(setmetatable({}, {__mimebundle = function(self) return {["text/plain"] = "plain", ["image/png"] = "\\x89PNG"} end}), {caption = "look"})
      lunette.display({1})
      setmetatable({}, {__tostring = function() return 'mine' end})
      """)
    guard outputs.count == 3, case .display(let bundle, let metadata) = outputs[0] else {
      throw Problem("\(outputs)")
    }
    #expect(bundle["image/png"] == .bytes([0x89, 0x50, 0x4e, 0x47]))
    #expect(bundle.plainText == "plain")
    #expect(metadata["caption"] == .string("look"))
    #expect(outputs[1] == .display(MIMEBundle(plain: "{ 1 }")))
    #expect(outputs[2] == .result(MIMEBundle(plain: "mine")))
    #expect(
      try transcript(["lunette.display()"]).contains(
        "bad argument #1 to 'display' (value expected, got no value)"))
    #expect(try transcript(["lunette.display(1, {capt = 'x'})"]).contains("did you mean 'caption'?"))
    let bad = "lunette.display(setmetatable({}, {__mimebundle = function() return 1 end}))"
    #expect(try transcript([bad]).contains("__mimebundle must return a table, got 1"))
  }

  @Test func sortedPairs() throws {
    let source = "for k, v in lunette.spairs({b = 1, a = 2, 'x', [2.5] = 'y', [true] = 0}) do print(k, v) end"
    #expect(try transcript([source]) == "1\tx\n2.5\ty\na\t2\nb\t1\ntrue\t0\n")
  }

  @Test func argumentsAndRequire() throws {
    var options = Session.Options()
    options.scriptName = "/tmp/script.lua"
    options.arguments = ["a", "b"]
    let session = try Session(options)
    #expect(
      session.run("print(arg[0], arg[1], #arg, ...) print(require 'lunette' == lunette, lunette.version)")
        == [.stream(.stdout, "/tmp/script.lua\ta\t2\ta\tb\ntrue\t\(Installation.version)\n")])
    #expect(try transcript(["require 'no.such.thing'"]).contains("module 'no.such.thing' not found"))
  }

  @Test func interruptsEndTheCellAndKeepWhatWasMade() throws {
    let session = try Session()
    session.onOutput = { [weak session] output, _ in
      if output == .stream(.stdout, "3\n") { session?.interrupt() }
    }
    let outputs = session.run(
      "local n = 0\nwhile true do pcall(function() n = n + 1 print(n) end) end", name: "s.lua")
    #expect(outputs.first == .stream(.stdout, "1\n2\n3\n"))
    guard case .error(let failure)? = outputs.last else { throw Problem("\(outputs)") }
    #expect(failure.name == "interrupted")
    #expect(session.run("print('no')").count == 1)
    session.clearInterrupt()
    session.onOutput = nil
    #expect(session.run("print(n)") == [.stream(.stdout, "3\n")])
  }

  @Test func everyRunIsTheSame() throws {
    #expect(
      try transcript(["print(math.random(), math.random(100))"])
        == transcript(["print(math.random(), math.random(100))"]))
  }

  @Test func warningsAndWhatIsMissing() throws {
    let session = try Session()
    var warnings: [String] = []
    session.onWarning = { warnings.append($0) }
    session.run("warn('careful')")
    #expect(warnings == ["careful"])
    session.onWarning = nil
    #expect(session.run("warn('careful')") == [.stream(.stderr, "warning: careful\n")])
    #expect(
      try transcript(["print(lunette.load('no-such-model'))"])
        == "nil\tthere is no folder and no plugin 'no-such-model'\n")
    #expect(try transcript(["assert(lunette.load('no-such-model'))"]).contains("no plugin 'no-such-model'"))
  }

  @Test func tooMuchMemoryIsAnError() throws {
    let session = try Session()
    session.lua.setMemoryLimit(session.lua.bytesInUse + (4 << 20))
    guard case .error(let failure)? = session.run("local t = {} while true do t[#t + 1] = 'x' .. #t end").last
    else { throw Problem("no error") }
    #expect(failure.message == "not enough memory")
    #expect(session.run("print(1)") == [.stream(.stdout, "1\n")])
  }

  @Test func exitEndsTheSessionsWork() throws {
    let session = try Session()
    let outputs = session.run("print(1) pcall(os.exit, 3) print(2)")
    #expect(outputs == [.stream(.stdout, "1\n")])
    #expect(session.exitStatus == 3)
    #expect(session.run("print(3)") == [])
  }
}

/// Runs within runs, interrupts and hooks, on a tiny model.
@Suite struct GenerateTests {
  private func session() throws -> Session {
    var options = Session.Options()
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    options.model = "\(root)/DiffusionTests/Goldens/tiny-sd1"
    let session = try Session(options)
    #expect(session.run("local model = assert(lunette.load())") == [])
    return session
  }

  @Test func aRunWithinARunLeavesTheBarAlone() throws {
    let session = try session()
    var steps: [Int] = []
    session.onProgress = { steps.append($0.step) }
    let outputs = session.run(
      """
      local inner
      local out = model:generate{ prompt = "a cat", steps = 3, scheduler = "ddim", on_step = function(s)
        if s.index == 2 then inner = model:generate{ prompt = "a dog", steps = 2, seed = 5 } end
      end }
      print(#out, inner.seeds[1], out.latents:dim())
      """)
    #expect(outputs.last == .stream(.stdout, "1\t5\t3\n"))
    #expect(steps == [1, 2, 3])
    #expect(session.record.seeds == [5, 0])
  }

  @Test func interruptsEndARunFromWithin() throws {
    let session = try session()
    session.onProgress = { [weak session] in if $0.step == 2 { session?.interrupt() } }
    let outputs = session.run(
      "print('kept')\nlocal ok = pcall(model.generate, model, { prompt = 'a cat', steps = 50 })\nprint('never')",
      name: "s.lua")
    #expect(
      outputs.filter { if case .stream(.stdout, _) = $0 { true } else { false } } == [
        .stream(.stdout, "kept\n")
      ])
    guard case .error(let failure)? = outputs.last else { throw Problem("\(outputs)") }
    #expect(failure.name == "interrupted")
  }

  @Test func anErrorInAHookNamesItsLine() throws {
    let session = try session()
    let outputs = session.run(
      """
      model:generate{ prompt = "a cat", steps = 1, hooks = { { "unet.**.attn2.probs", function(p)
        return p + nil
      end } } }
      """, name: "s.lua")
    guard case .error(let failure)? = outputs.last else { throw Problem("\(outputs)") }
    #expect(failure.message.hasPrefix("s.lua:2: bad operand #2 to '+'"))
    #expect(failure.traceback.count == 2)
  }
}
