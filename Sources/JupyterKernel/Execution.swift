import Encoding
import Notebook
import Runs
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
    runner.onEvent = { [unowned self] event in
      // A silent cell shows nothing, unless it fails or displays.
      if isSilent, case .output(.result, _) = event { return }
      publish(event)
    }
    defer { runner.onEvent = { [unowned self] in publish($0) } }
    let outcome = runner.run(code, name: "cell \(count)")
    let shown = outcome.log.shown.filter { output in
      if isSilent, case .result = output { return false }
      return true
    }
    progress.finish(publisher, outputs: shown, count: count)
    publisher.flush()
    if let note = outcome.log.note { publisher.output(note, count: count) }
    return outcome.failure
  }

  /// Shows what happens in the notebook.
  func publish(_ event: CellRunner.Event) {
    switch event {
    case .output(_, let kept): if let kept { publisher.output(kept, count: count) }
    case .update(let id, let bundle): publisher.update(id, bundle)
    case .clear(let waits):
      progress.forget()
      publisher.clear(waits: waits)
    case .warning(let text): publisher.output(.stream(.stderr, "warning: \(text)\n"), count: count)
    case .progress(let done): progress.show(done, publisher)
    }
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
    runner.onEvent = { [unowned self] event in
      if case .output = event { return }
      publish(event)
    }
    defer { runner.onEvent = { [unowned self] in publish($0) } }
    for (name, expression) in wanted.members {
      let outputs = runner.run(expression.string ?? "", name: name).outputs
      var answer: JSON = [
        "data": MIMEBundle(plain: "nil").json, "metadata": [:], "status": "ok",
      ]
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
