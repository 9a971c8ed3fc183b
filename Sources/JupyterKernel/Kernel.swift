import CZeroMQ
import Encoding
import Glibc
import Notebook
import Platform
import Runs
import Scripting

/// A Jupyter kernel: requests come in on the shell channel and are computed one after the other on the thread that made
/// the kernel; control and heartbeat have threads of their own.
public final class Kernel {
  private let context: KernelContext
  private let shell: KernelSocket
  let stdin: KernelSocket
  let publisher: Publisher
  let session: Session
  let runner: CellRunner
  let history: KernelHistory
  let id = Message.uuid()
  var count = 0
  /// The request that is being answered.
  var current: Message?
  var progress = KernelProgress()

  public init(_ connection: Connection, session: Session) throws {
    let key = connection.key.isEmpty ? nil : HMAC(key: connection.key)
    context = try KernelContext()
    let (ports, context) = (connection.ports, context)
    func bind(_ role: KernelSocket.Role, _ port: Int) throws -> KernelSocket {
      try KernelSocket(binding: role, to: connection.address(port), context, key: key)
    }
    shell = try bind(.router, ports.shell)
    stdin = try bind(.router, ports.stdin)
    let control = try bind(.router, ports.control)
    let heartbeat = try bind(.replier, ports.heartbeat)
    publisher = Publisher(try bind(.publisher, ports.iopub), session: id)
    self.session = session
    runner = CellRunner(session)
    history = KernelHistory(path: KernelHistory.defaultPath)
    let channel = ControlChannel(control, publisher, context, session: id)
    let hasThreads =
      DetachedThread.start { channel.run() } && DetachedThread.start { cz_echo(heartbeat.handle) }
    guard hasThreads else { throw KernelError("the system has no thread left for the kernel's channels") }
    connect(session)
  }

  private func connect(_ session: Session) {
    session.interruptOnSignal(SIGINT, again: true)
    runner.onEvent = { [unowned self] in publish($0) }
    session.onInput = { [unowned self] in try ask($0, isPassword: $1) }
  }

  /// Answers until the kernel is told to end.
  public func run() {
    publisher.status("starting", parent: nil)
    while !context.hasEnded {
      switch shell.wait(200) {
      case true?:
        if case .message(let request) = shell.receive() { handle(request) }
      case false?: continue
      case nil: context.end()
      }
      if session.exitStatus != nil { context.end() }
    }
    for socket in [shell, stdin] { socket.close() }
    publisher.close()
    cz_shutdown(context.handle)
    cz_end(context.handle)
  }

  private func handle(_ request: Message) {
    current = request
    session.clearInterrupt()  // what came when nothing ran
    publisher.begin(request)
    publisher.status("busy", parent: request)
    answer(request)
    publisher.status("idle", parent: request)
    current = nil
  }

  private func answer(_ request: Message) {
    let content = request.content
    switch request.type {
    case "kernel_info_request": reply(request, KernelInfo.content)
    case "execute_request": execute(request)
    case "complete_request": reply(request, completion(content))
    case "inspect_request": reply(request, inspection(content))
    case "is_complete_request": reply(request, completeness(content))
    case "history_request": reply(request, historyReply(content))
    case "comm_info_request": reply(request, ["comms": [:], "status": "ok"])
    case "comm_open":
      // Nobody here talks by comms: a polite answer is to close them.
      publisher.publish("comm_close", ["comm_id": content["comm_id"] ?? "", "data": [:]])
    case "shutdown_request":
      reply(request, ["restart": .bool(content["restart"]?.bool ?? false), "status": "ok"])
      context.end()
    default: break
    }
  }

  func reply(_ request: Message, _ content: JSON) {
    let type = request.type.replacing("_request", with: "_reply")
    publisher.flush()
    shell.send(Message(type, content, parent: request, session: id, route: request.route))
  }

  /// The requests that wait behind the current one. Taken before its reply goes out: whoever asks after having seen
  /// that is not to be turned away.
  func waitingRequests() -> [Message] {
    var waiting: [Message] = []
    while shell.wait(0) == true, case .message(let request) = shell.receive() { waiting.append(request) }
    return waiting
  }

  /// Answers what waited behind a cell that failed: cells are not run.
  func abort(_ waiting: [Message]) {
    for request in waiting {
      guard request.type == "execute_request" else {
        handle(request)
        continue
      }
      publisher.status("busy", parent: request)
      reply(request, ["execution_count": .number(count), "status": "aborted"])
      publisher.status("idle", parent: request)
    }
  }

  /// Asks the client that sent the cell.
  private func ask(_ prompt: String, isPassword: Bool) throws -> String? {
    guard let request = current, request.content["allow_stdin"]?.bool ?? true else {
      throw KernelError("this client cannot be asked for input")
    }
    publisher.flush()
    stdin.send(
      Message(
        "input_request", ["password": .bool(isPassword), "prompt": .string(prompt)], parent: request,
        session: id,
        route: request.route))
    while !session.isInterrupted {
      guard let isReady = stdin.wait(100) else { return nil }
      if isReady, case .message(let answer) = stdin.receive(), answer.type == "input_reply" {
        return answer.content["value"]?.string
      }
    }
    return nil
  }
}
