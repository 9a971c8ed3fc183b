import Encoding
import Foundation
import Testing

@testable import JupyterKernel

/// A Jupyter client in Swift, and the kernel that it has started: the built program.
final class KernelClient {
  enum Channel { case shell, control }

  /// What a request brought: its reply, and what was published for it up to `idle`.
  struct Answer {
    let reply: Message
    let published: [Message]

    func contents(of type: String) -> [JSON] { published.filter { $0.type == type }.map(\.content) }

    /// What was printed to a stream.
    func text(_ stream: String = "stdout") -> String {
      contents(of: "stream").filter { $0["name"]?.string == stream }.compactMap { $0["text"]?.string }
        .joined()
    }

    /// The plain text of the result.
    var result: String? { contents(of: "execute_result").first?["data"]?["text/plain"]?.string }

    var states: [String] { contents(of: "status").compactMap { $0["execution_state"]?.string } }
  }

  let program: Program
  let process = Process()
  private let context: KernelContext
  private let shell: KernelSocket, control: KernelSocket, iopub: KernelSocket, stdin: KernelSocket
  let heartbeat: KernelSocket

  /// - Parameter program: the folder of an earlier kernel, whose history this one goes on with.
  init(in program: Program? = nil, transport: String = "tcp") throws {
    self.program = try program ?? Program()
    let ports = try transport == "tcp" ? Self.freePorts(5) : [1, 2, 3, 4, 5]
    let ip = transport == "tcp" ? "127.0.0.1" : self.program.file("socket").path
    let json: JSON = [
      "transport": .string(transport), "ip": .string(ip), "key": "a key", "signature_scheme": "hmac-sha256",
      "shell_port": .number(ports[0]), "iopub_port": .number(ports[1]), "stdin_port": .number(ports[2]),
      "control_port": .number(ports[3]), "hb_port": .number(ports[4]),
    ]
    let file = self.program.file("connection.json")
    try Data(json.text().utf8).write(to: file)

    process.executableURL = Program.url
    process.arguments = ["kernel", "run", "--connection-file", file.path]
    let home = self.program.folder.path
    process.environment = ProcessInfo.processInfo.environment.merging([
      "HOME": home, "XDG_STATE_HOME": home, "XDG_DATA_HOME": "",
    ]) { $1 }
    try process.run()

    let context = try KernelContext()
    self.context = context
    let connection = try Connection(json: json)
    func connect(_ role: KernelSocket.Role, _ port: Int, signed: Bool = true) throws -> KernelSocket {
      try KernelSocket(
        connecting: role, to: connection.address(port), context,
        key: signed ? HMAC(key: connection.key) : nil, identity: role == .dealer ? "a client" : nil)
    }
    shell = try connect(.dealer, ports[0])
    iopub = try connect(.subscriber, ports[1])
    stdin = try connect(.dealer, ports[2])
    control = try connect(.dealer, ports[3])
    heartbeat = try connect(.requester, ports[4], signed: false)
    try waitUntilSubscribed()
  }

  deinit {
    for socket in [shell, control, iopub, stdin, heartbeat] { socket.close() }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// A publication that nobody subscribes to yet is lost, so ask until one arrives.
  private func waitUntilSubscribed() throws {
    for _ in 0..<200 {
      send("kernel_info_request", [:])
      guard iopub.wait(100) == true else { continue }
      // Until nothing comes any more, so that no test sees these answers.
      while iopub.wait(300) == true { _ = iopub.receiveFrames() }
      while shell.wait(100) == true { _ = shell.receiveFrames() }
      return
    }
    throw Program.TimedOut()
  }

  @discardableResult
  func send(_ type: String, _ content: JSON, on channel: Channel = .shell) -> Message {
    let request = Message(type, content, parent: nil, session: "a client", route: [])
    (channel == .shell ? shell : control).send(request)
    return request
  }

  /// The next message that is an answer to the request.
  private func receive(_ socket: KernelSocket, for request: Message) throws -> Message {
    let id = request.header["msg_id"]
    let end = Date().addingTimeInterval(60)
    while Date() < end {
      guard socket.wait(100) == true else { continue }
      guard case .message(let message) = socket.receive() else { throw KernelError("no signed message") }
      if message.parent["msg_id"] == id { return message }
    }
    throw Program.TimedOut()
  }

  func reply(to request: Message, on channel: Channel = .shell) throws -> Message {
    try receive(channel == .shell ? shell : control, for: request)
  }

  /// What is published for a request, up to a message of this type or state.
  func published(for request: Message, until last: String = "idle") throws -> [Message] {
    var messages: [Message] = []
    repeat {
      messages.append(try receive(iopub, for: request))
    } while messages.last.map {
      $0.type != last && $0.content["execution_state"]?.string != last
    } ?? true
    return messages
  }

  func ask(_ type: String, _ content: JSON, on channel: Channel = .shell) throws -> Answer {
    let request = send(type, content, on: channel)
    let reply = try reply(to: request, on: channel)
    return Answer(reply: reply, published: try published(for: request))
  }

  static func code(_ code: String, _ options: JSON.Object = [:]) -> JSON {
    var content = options
    content["code"] = .string(code)
    return .object(content)
  }

  func run(_ code: String, _ options: JSON.Object = [:]) throws -> Answer {
    try ask("execute_request", Self.code(code, options))
  }

  /// Answers the kernel's next question.
  func answer(_ request: Message, with text: String) throws -> Message {
    let question = try receive(stdin, for: request)
    stdin.send(
      Message("input_reply", ["value": .string(text)], parent: question, session: "a client", route: []))
    return question
  }

  /// Sends what was signed with another key.
  func sendForged(_ code: String) {
    let message = Message("execute_request", Self.code(code), parent: nil, session: "a stranger", route: [])
    shell.send(frames: message.frames(key: HMAC(key: Array("another key".utf8))))
  }

  /// Whether the kernel sends anything on the shell channel within so many milliseconds.
  func isSilent(_ milliseconds: Int) -> Bool { shell.wait(milliseconds) != true }

  private static func freePorts(_ count: Int) throws -> [Int] {
    // All are held until the last one is found, so that none is found twice.
    var held: [Int32] = []
    defer { held.forEach { close($0) } }
    return try (0..<count).map { _ in
      let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      held.append(socket)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
        }
      }
      guard status else { throw Program.TimedOut() }
      return Int(UInt16(bigEndian: address.sin_port))
    }
  }
}
