import Encoding
import Glibc
import Notebook
import Synchronization

/// What all clients see: states, inputs, outputs. Used by the computing and the control thread alike.
///
/// Printed text is gathered for up to a tenth of a second, so that a loop that prints does not make a message per line.
final class Publisher: Sendable {
  private struct State {
    var parent: Message?
    var stream: Output.Stream?
    var text = ""
  }

  private let socket: KernelSocket
  private let session: String
  private let state = Mutex(State())

  init(_ socket: KernelSocket, session: String) {
    self.socket = socket
    self.session = session
  }

  /// From now on, outputs belong to this request.
  func begin(_ parent: Message) {
    state.withLock {
      flush(&$0)
      $0.parent = parent
    }
  }

  func status(_ name: String, parent: Message?) {
    state.withLock {
      flush(&$0)
      send("status", ["execution_state": .string(name)], parent)
    }
  }

  func publish(_ type: String, _ content: JSON, parent: Message? = nil) {
    state.withLock {
      flush(&$0)
      send(type, content, parent ?? $0.parent)
    }
  }

  func output(_ output: Output, count: Int) {
    state.withLock { state in
      if case .stream(let stream, let text) = output {
        if state.stream != stream || state.text.utf8.count > 1 << 16 { flush(&state) }
        state.stream = stream
        state.text += text
        return
      }
      flush(&state)
      switch output {
      case .display(let bundle, let metadata):
        send("display_data", Self.display(bundle, metadata), state.parent)
        // Clients show no caption of what they show.
        if let caption = metadata["caption"]?.string {
          send("display_data", Self.display(Self.caption(caption), [:]), state.parent)
        }
      case .result(let bundle, let metadata):
        var content = Self.display(bundle, metadata).object ?? [:]
        content["execution_count"] = .number(count)
        content["transient"] = nil
        send("execute_result", .object(content), state.parent)
      case .error(let failure): send("error", KernelTraceback.content(failure), state.parent)
      case .stream, .other: break
      }
    }
  }

  func update(_ id: String, _ bundle: MIMEBundle) {
    publish("update_display_data", Self.display(bundle, ["display_id": .string(id)]))
  }

  func clear(waits: Bool) { publish("clear_output", ["wait": .bool(waits)]) }

  /// Sends the text that has been printed.
  func flush() { state.withLock { flush(&$0) } }

  /// Greets who has subscribed since the last time: from then on nothing that is published is lost for them.
  func welcome() {
    state.withLock { _ in
      // One byte says whether somebody comes or goes, the others name the topic.
      while let frame = socket.receiveFrames()?.first {
        guard frame.first == 1 else { continue }
        let topic = String(decoding: frame.dropFirst(), as: UTF8.self)
        send("iopub_welcome", ["subscription": .string(topic)], nil)
      }
    }
  }

  func close() { state.withLock { _ in socket.close() } }

  private func flush(_ state: inout State) {
    guard let stream = state.stream, !state.text.isEmpty else { return }
    send("stream", ["name": .string(stream.rawValue), "text": .string(state.text)], state.parent)
    (state.stream, state.text) = (nil, "")
  }

  private func send(_ type: String, _ content: JSON, _ parent: Message?) {
    socket.send(Message(type, content, parent: parent, session: session, route: [Array(type.utf8)]))
  }

  private static func caption(_ text: String) -> MIMEBundle {
    var bundle = MIMEBundle(plain: text)
    let style = "color: var(--jp-content-font-color2, #666); font-size: 0.9em; margin: 0 0 0.6em"
    bundle[.html] = .text("<div style=\"\(style)\">\(escapedHTML(text))</div>")
    return bundle
  }

  /// The id by which a display is updated travels beside it and stands in no notebook.
  private static func display(_ bundle: MIMEBundle, _ metadata: JSON.Object) -> JSON {
    var metadata = metadata
    var transient: JSON.Object = [:]
    transient["display_id"] = metadata["display_id"]
    metadata["display_id"] = nil
    return ["data": bundle.json, "metadata": .object(metadata), "transient": .object(transient)]
  }
}

/// An error as clients show it.
enum KernelTraceback {
  static func content(_ failure: Output.Failure) -> JSON {
    let name = failure.isInterrupt ? "KeyboardInterrupt" : failure.name
    var lines = ["\u{1B}[1;31m\(failure.name)\u{1B}[0m: \(failure.message)"]
    if !failure.traceback.isEmpty, !failure.isInterrupt {
      lines += ["\u{1B}[2mstack traceback:\u{1B}[0m"] + failure.traceback.map { "  \u{1B}[36m\($0)\u{1B}[0m" }
    }
    return [
      "ename": .string(name), "evalue": .string(failure.message), "traceback": .array(lines.map(JSON.string)),
    ]
  }
}
