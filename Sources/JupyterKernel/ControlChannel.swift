import Encoding
import Glibc
import Platform
import Synchronization

/// The channel for what cannot wait until a cell is through: its own thread answers while another computes.
final class ControlChannel: Sendable {
  private let socket: KernelSocket
  private let publisher: Publisher
  private let session: String
  private let context: KernelContext

  init(_ socket: KernelSocket, _ publisher: Publisher, _ context: KernelContext, session: String) {
    self.socket = socket
    self.publisher = publisher
    self.context = context
    self.session = session
  }

  /// Answers until the kernel ends.
  func run() {
    let hasParent = Environment["JPY_PARENT_PID"] != nil
    while let isReady = socket.wait(100) {
      publisher.flush()
      publisher.welcome()
      if hasParent, getppid() == 1 { return context.end() }
      guard isReady else { continue }
      switch socket.receive() {
      case .message(let request):
        guard answer(request) else { continue }
        context.end()
        return close()
      case .ended: return close()
      case .refused, .nothing: continue
      }
    }
    close()
  }

  private func close() { socket.close() }

  /// - Returns: whether the kernel ends now.
  private func answer(_ request: Message) -> Bool {
    publisher.status("busy", parent: request)
    defer { publisher.status("idle", parent: request) }
    switch request.type {
    case "kernel_info_request": reply(request, KernelInfo.content)
    case "interrupt_request":
      kill(getpid(), SIGINT)
      reply(request, ["status": "ok"])
    case "shutdown_request":
      let content: JSON = ["restart": .bool(request.content["restart"]?.bool ?? false), "status": "ok"]
      reply(request, content)
      publisher.publish("shutdown_reply", content, parent: request)
      return true
    case "debug_request":
      reply(request, ["status": "error", "ename": "NotImplemented", "evalue": "there is no debugger"])
    default: break
    }
    return false
  }

  private func reply(_ request: Message, _ content: JSON) {
    let type = request.type.replacing("_request", with: "_reply")
    socket.send(Message(type, content, parent: request, session: session, route: request.route))
  }
}
