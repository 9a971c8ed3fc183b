import Encoding
import Foundation
import Testing

@testable import JupyterKernel

/// The kernel as Jupyter's clients meet it: another process, over sockets.
@Suite struct KernelTests {
  @Test func saysWhatItIs() throws {
    let client = try KernelClient()
    let answer = try client.ask("kernel_info_request", [:])
    #expect(answer.reply.type == "kernel_info_reply" && answer.reply.content["status"] == "ok")
    #expect(answer.reply.content["language_info"]?["name"] == "lua")
    #expect(answer.states == ["busy", "idle"])
    client.heartbeat.send(frames: [Array("ping".utf8)])
    #expect(client.heartbeat.wait(5000) == true)
    #expect(client.heartbeat.receiveFrames() == [Array("ping".utf8)])
  }

  @Test func runsCells() throws {
    let client = try KernelClient(transport: "ipc")
    var answer = try client.run("local x = 2\nprint('a')\nio.write('b')\nx * 3")
    #expect(answer.reply.content["status"] == "ok" && answer.reply.content["execution_count"] == 1)
    #expect(answer.contents(of: "execute_input").first?["execution_count"] == 1)
    #expect(answer.text() == "a\nb" && answer.result == "6")
    #expect(answer.published.map(\.type).first == "status" && answer.states == ["busy", "idle"])
    answer = try client.run("x = 5; x", ["silent": true])
    #expect(answer.contents(of: "execute_input").isEmpty && answer.result == nil)
    answer = try client.run("_ + x", ["user_expressions": ["twice": "x * 2", "wrong": "nothing.at.all"]])
    #expect(answer.result == "11" && answer.reply.content["execution_count"] == 2)
    let expressions = answer.reply.content["user_expressions"]
    #expect(
      expressions?["twice"]?["data"]?["text/plain"] == "10" && expressions?["wrong"]?["status"] == "error")
    let page = try client.run("?lunette.display").reply.content["payload"]?.array?.first
    #expect(page?["source"] == "page" && page?["data"]?["text/plain"]?.string?.hasPrefix("display(") == true)
  }

  @Test func failuresStopWhatWaits() throws {
    let client = try KernelClient()
    let failing = client.send("execute_request", KernelClient.code("local function f() error('no') end\nf()"))
    let waiting = client.send("execute_request", KernelClient.code("print('never')"))
    let reply = try client.reply(to: failing).content
    #expect(reply["status"] == "error" && reply["evalue"] == "cell 1:1: no")
    let error = try #require(client.published(for: failing).first { $0.type == "error" }).content
    let traceback = (error["traceback"]?.array ?? []).compactMap(\.string)
    #expect(traceback.first?.hasPrefix("\u{1B}[1;31merror\u{1B}[0m") == true)
    #expect(traceback.contains { $0.contains("cell 1:2: in main chunk") })
    #expect(try client.reply(to: waiting).content["status"] == "aborted")
    #expect(try client.run("1 + 1").result == "2")
    let goesOn = client.send("execute_request", KernelClient.code("error()", ["stop_on_error": false]))
    let next = client.send("execute_request", KernelClient.code("2"))
    #expect(try client.reply(to: goesOn).content["status"] == "error")
    #expect(try client.reply(to: next).content["status"] == "ok")
  }

  @Test func displaysAreUpdatedAndCleared() throws {
    let client = try KernelClient()
    let answer = try client.run(
      """
      lunette.display(lunette.tensor.ones{2, 2}, { id = "one", caption = "a" })
      lunette.display("b", { id = "one", update = true })
      lunette.clear_output{ wait = true }
      lunette.display(lunette.image.new(lunette.tensor.zeros{2, 2, 3}))
      """)
    let shown = answer.contents(of: "display_data")
    #expect(shown.first?["transient"]?["display_id"] == "one" && shown.first?["metadata"] == ["caption": "a"])
    // The caption stands below, as clients show none.
    #expect(shown.dropFirst().first?["data"]?["text/plain"] == "a")
    #expect(shown.last?["data"]?["image/png"]?.string?.hasPrefix("iVBORw0KGgo") == true)
    let updates = answer.contents(of: "update_display_data")
    #expect(
      updates.first?["data"]?["text/plain"] == "b" && updates.first?["transient"]?["display_id"] == "one")
    #expect(answer.contents(of: "clear_output") == [["wait": true]])
  }

  @Test func aBarLeavesNothingBehind() throws {
    let client = try KernelClient()
    _ = try client.run("local model = assert(lunette.load())")
    let code =
      "print('before')\nmodel:generate{ prompt = '', steps = 200 }\nlunette.display('d', { id = 'x' })\n7"
    let request = client.send("execute_request", KernelClient.code(code))
    let messages = try client.published(for: request)
    #expect(messages.contains { $0.content["data"]?["text/html"]?.string?.contains("<progress") == true })
    // What a notebook keeps: what came after the outputs were cleared.
    let last = try #require(messages.lastIndex { $0.type == "clear_output" })
    #expect(messages[last].content == ["wait": true])
    let kept = messages[(last + 1)...].filter { $0.type != "status" }
    #expect(kept.map(\.type) == ["stream", "display_data", "execute_result"])
    #expect(kept.first?.content["text"] == "before\n" && kept.last?.content["data"]?["text/plain"] == "7")
    _ = try client.reply(to: request)
  }

  @Test func completesAndInspects() throws {
    let client = try KernelClient()
    _ = try client.run("local name = lunette.tensor{1}")
    // Places are counted in characters, not in bytes.
    let matches = try client.ask("complete_request", ["code": "'é'; name:cums", "cursor_pos": 14]).reply
      .content
    #expect(matches["matches"] == ["cumsum"] || matches["matches"] == ["cumsum("])
    #expect(matches["cursor_start"] == 10 && matches["cursor_end"] == 14)
    let found = try client.ask(
      "inspect_request", ["code": "lunette.display(1", "cursor_pos": 17, "detail_level": 0])
    #expect(found.reply.content["found"] == true)
    #expect(found.reply.content["data"]?["text/markdown"]?.string?.contains("display(value") == true)
    // In the middle of a name that text follows, behind a character of two UTF-16 units.
    let within = try client.ask(
      "inspect_request", ["code": "'😀'; lunette.linalg.svd(x)", "cursor_pos": 22, "detail_level": 0])
    #expect(within.reply.content["data"]?["text/markdown"]?.string?.contains("linalg.svd(") == true)
    let unknown = try client.ask("inspect_request", ["code": "nothing", "cursor_pos": 3, "detail_level": 0])
    #expect(unknown.reply.content["found"] == false)
    for (code, status, indent) in [
      ("x = 1", "complete", nil), ("for i = 1, 2 do", "incomplete", "  "), ("x = = 1", "invalid", nil),
      ("  f(function()", "incomplete", "    "), ("--[[ a", "incomplete", ""),
    ] {
      let content = try client.ask("is_complete_request", ["code": .string(code)]).reply.content
      #expect(content["status"]?.string == status && content["indent"]?.string == indent, "\(code)")
    }
  }

  @Test func historyIsKeptFromKernelToKernel() throws {
    let first = try KernelClient()
    _ = try first.run("'one'")
    _ = try first.run("'two'")
    _ = try first.run("'hidden'", ["store_history": false])
    _ = try first.ask("shutdown_request", ["restart": true], on: .control)
    first.process.waitUntilExit()
    #expect(first.process.terminationStatus == 0)
    let second = try KernelClient(in: first.program)
    _ = try second.run("'one'")
    func history(_ content: JSON) throws -> JSON? {
      try second.ask("history_request", content).reply.content["history"]
    }
    #expect(
      try history(["hist_access_type": "tail", "n": 2, "output": false]) == [
        [1, 2, "'two'"], [2, 1, "'one'"],
      ])
    #expect(
      try history(["hist_access_type": "range", "session": -1, "start": 1, "stop": 2, "output": true])
        == [[1, 1, ["'one'", nil]]])
    #expect(
      try history(["hist_access_type": "search", "pattern": "'o*", "unique": true, "n": 9]) == [
        [2, 1, "'one'"]
      ])
  }

  @Test func asksForInput() throws {
    let client = try KernelClient()
    let request = client.send(
      "execute_request",
      KernelClient.code("lunette.input('name? ') .. io.read()", ["allow_stdin": true]))
    #expect(try client.answer(request, with: "a").content == ["password": false, "prompt": "name? "])
    _ = try client.answer(request, with: "b")
    let result = try client.published(for: request).first { $0.type == "execute_result" }
    #expect(result?.content["data"]?["text/plain"] == "ab")
    _ = try client.reply(to: request)
    let refused = try client.run("lunette.input()", ["allow_stdin": false]).reply.content
    #expect(refused["status"] == "error" && refused["evalue"]?.string?.contains("cannot be asked") == true)
  }

  @Test(arguments: ["while true do end", "assert(lunette.load()):generate{ prompt = 'a cat', steps = 900 }"])
  func isInterrupted(code: String) throws {
    let client = try KernelClient()
    _ = try client.run("local kept = 7")
    for bySignal in [false, true] {
      let request = client.send("execute_request", KernelClient.code("print('begun')\n" + code))
      _ = try client.published(for: request, until: "stream")
      if bySignal {
        kill(client.process.processIdentifier, SIGINT)
      } else {
        #expect(try client.ask("interrupt_request", [:], on: .control).reply.content["status"] == "ok")
      }
      let reply = try client.reply(to: request).content
      #expect(reply["status"] == "error" && reply["ename"] == "KeyboardInterrupt")
    }
    // One that comes when nothing runs stops nothing that runs later.
    _ = try client.ask("interrupt_request", [:], on: .control)
    #expect(try client.run("kept").result == "7")
  }

  @Test func controlAnswersWhileACellRuns() throws {
    let client = try KernelClient()
    let request = client.send("execute_request", KernelClient.code("print('begun')\nwhile true do end"))
    _ = try client.published(for: request, until: "stream")
    #expect(try client.ask("kernel_info_request", [:], on: .control).reply.content["status"] == "ok")
    #expect(
      try client.ask("shutdown_request", ["restart": false], on: .control).reply.type == "shutdown_reply")
    client.process.waitUntilExit()
    #expect(client.process.terminationStatus == 0)
  }

  @Test func leavesByItself() throws {
    let client = try KernelClient()
    let reply = try client.run("os.exit(0)").reply.content
    #expect(reply["payload"]?.array?.first?["source"] == "ask_exit")
    client.process.waitUntilExit()
    #expect(client.process.terminationStatus == 0)
  }

  @Test func strangersGetNoAnswer() throws {
    let client = try KernelClient()
    client.sendForged("x = 1")
    #expect(client.isSilent(500))
    #expect(try client.run("x").result == nil)
  }

  @Test func commsAreRefused() throws {
    let client = try KernelClient()
    let open = client.send("comm_open", ["comm_id": "a", "target_name": "b", "data": [:]])
    #expect(try client.published(for: open).first { $0.type == "comm_close" }?.content["comm_id"] == "a")
    #expect(try client.ask("comm_info_request", [:]).reply.content == ["comms": [:], "status": "ok"])
  }

  @Test func aMillionLinesAreCut() throws {
    let client = try KernelClient()
    let answer = try client.run("for i = 1, 1000000 do print('a line of text', i) end")
    #expect(answer.reply.content["status"] == "ok")
    #expect(answer.text().utf8.count < 1_100_000 && answer.text().contains("cut here"))
    #expect(answer.text("stderr").hasSuffix("more lines were printed and not kept\n"))
    #expect(answer.contents(of: "stream").count < 100)
  }
}
