import Encoding
import Notebook
import Scripting

extension Kernel {
  /// Runs a cell, and answers with how it went.
  func execute(_ request: Message) {
    let content = request.content
    let code = content["code"]?.string ?? ""
    let isSilent = content["silent"]?.bool ?? false
    let isStored = !isSilent && content["store_history"]?.bool ?? true
    if !isSilent {
      if isStored { count += 1 }
      publisher.publish("execute_input", ["code": .string(code), "execution_count": .number(count)])
      if isStored, !code.isEmpty { history.add(code, line: count) }
    }
    if let page = page(code) {
      return reply(request, ok(payload: [page]))
    }
    let failure = run(code, isSilent: isSilent)
    session.clearInterrupt()
    guard let failure else {
      let exits = session.exitStatus != nil
      return reply(
        request,
        ok(
          payload: exits ? [["keepkernel": false, "source": "ask_exit"]] : [],
          expressions: expressions(content["user_expressions"]?.object ?? [:])))
    }
    var answer = KernelTraceback.content(failure).object ?? [:]
    answer["status"] = "error"
    answer["execution_count"] = .number(count)
    let waiting = content["stop_on_error"]?.bool ?? true ? waitingRequests() : []
    reply(request, .object(answer))
    abort(waiting)
  }

  private func run(_ code: String, isSilent: Bool) -> Output.Failure? {
    session.keepsLastValue = !isSilent
    var log = OutputLog()
    session.onOutput = { [unowned self] output in
      // A silent cell shows nothing, unless it fails or displays.
      if isSilent, case .result = output { return }
      if let kept = log.add(output) { publisher.output(kept, count: count) }
    }
    session.onUpdate = { [unowned self] in
      log.update($0, $1)
      publisher.update($0, $1)
    }
    session.onClear = { [unowned self] in
      log.clear(waits: $0)
      progress.forget()
      publisher.clear(waits: $0)
    }
    defer { session.onOutput = nil }
    let outputs = session.run(code, name: "cell \(count)")
    progress.finish(publisher, outputs: log.shown, count: count)
    publisher.flush()
    if let note = log.note { publisher.output(note, count: count) }
    for case .error(let failure) in outputs { return failure }
    return nil
  }

  private func ok(payload: [JSON] = [], expressions: JSON.Object = [:]) -> JSON {
    [
      "execution_count": .number(count), "payload": .array(payload), "status": "ok",
      "user_expressions": .object(expressions),
    ]
  }

  /// The values of expressions that the client wants to know after the cell.
  private func expressions(_ wanted: JSON.Object) -> JSON.Object {
    var values: JSON.Object = [:]
    session.keepsLastValue = false
    for (name, expression) in wanted.members {
      let outputs = session.run(expression.string ?? "", name: name)
      var answer: JSON = ["data": ["text/plain": "nil"], "metadata": [:], "status": "ok"]
      for output in outputs {
        switch output {
        case .result(let bundle, _): answer = ["data": bundle.json, "metadata": [:], "status": "ok"]
        case .error(let failure):
          var error = KernelTraceback.content(failure).object ?? [:]
          error["status"] = "error"
          answer = .object(error)
        default: continue
        }
      }
      values[name] = answer
    }
    return values
  }

  /// `?name` and `name?` ask for help, as in other kernels, and get it on a page of its own.
  private func page(_ code: String) -> JSON? {
    let text = code.split(whereSeparator: \.isWhitespace)
    guard text.count == 1, let word = text.first, word.hasPrefix("?") || word.hasSuffix("?") else {
      return nil
    }
    let name = word.filter { $0 != "?" }
    let bundle = session.help(on: name) ?? MIMEBundle(plain: "There is no entry '\(name)'.")
    return ["data": bundle.json, "source": "page", "start": 0]
  }
}
