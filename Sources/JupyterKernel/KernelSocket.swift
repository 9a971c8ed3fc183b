import CZeroMQ

/// One end of a channel. It belongs to one thread at a time.
final class KernelSocket: @unchecked Sendable {
  enum Role {
    case router, publisher, replier, dealer, subscriber, requester

    fileprivate var type: Int32 {
      switch self {
      case .router: Int32(CZ_ROUTER)
      case .publisher: Int32(CZ_XPUB)
      case .replier: Int32(CZ_REP)
      case .dealer: Int32(CZ_DEALER)
      case .subscriber: Int32(CZ_SUB)
      case .requester: Int32(CZ_REQ)
      }
    }
  }

  let handle: OpaquePointer
  private let key: HMAC?
  private var isOpen = true

  init(binding role: Role, to address: String, _ context: KernelContext, key: HMAC?) throws {
    guard let handle = cz_bind(context.handle, role.type, address) else {
      throw KernelError("\(address) cannot be opened")
    }
    self.handle = handle
    self.key = key
  }

  /// - Parameter identity: what the kernel calls this client, the same on its shell and its stdin channel.
  init(
    connecting role: Role, to address: String, _ context: KernelContext, key: HMAC?, identity: String? = nil
  ) throws {
    guard let handle = cz_connect(context.handle, role.type, address, identity) else {
      throw KernelError("\(address) cannot be reached")
    }
    self.handle = handle
    self.key = key
  }

  func close() {
    if isOpen { cz_close(handle) }
    isOpen = false
  }

  enum Arrival {
    case message(Message)
    /// A message that could not be read: whoever cannot sign gets no answer.
    case refused(KernelError)
    case nothing
    case ended
  }

  func receive() -> Arrival {
    guard let frames = receiveFrames() else { return .ended }
    guard !frames.isEmpty else { return .nothing }
    do { return .message(try Message(frames: frames, key: key)) } catch {
      return .refused(error as? KernelError ?? KernelError("\(error)"))
    }
  }

  /// The parts of what has come; empty when nothing has, nil when the kernel ends.
  func receiveFrames() -> [[UInt8]]? {
    guard isOpen else { return nil }
    var frames: [[UInt8]] = []
    var more: Int32 = 1
    while more != 0 {
      var frame = cz_frame()
      var bytes: UnsafeRawPointer?
      // A message arrives whole: only its first part can be missing.
      let count = cz_receive(handle, &frame, &bytes, &more, frames.isEmpty ? 0 : 1)
      guard count >= 0 else { return count == Int(CZ_NOTHING) ? [] : nil }
      frames.append(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
      cz_release(&frame)
    }
    return frames
  }

  func send(_ message: Message) { send(frames: message.frames(key: key)) }

  func send(frames: [[UInt8]]) {
    guard isOpen else { return }
    for (index, frame) in frames.enumerated() {
      _ = frame.withUnsafeBytes {
        cz_send(handle, $0.baseAddress, $0.count, index + 1 < frames.count ? 1 : 0)
      }
    }
  }

  /// Whether something arrives within so many milliseconds; nil when the kernel ends.
  func wait(_ milliseconds: Int) -> Bool? {
    let ready = cz_wait(handle, milliseconds)
    return ready < 0 ? nil : ready > 0
  }
}
