import Encoding

/// The addresses and the key that a client gives a kernel in its connection file.
public struct Connection: Sendable {
  public let key: [UInt8]
  let transport: String
  let ip: String
  let ports: (shell: Int, iopub: Int, stdin: Int, control: Int, heartbeat: Int)

  /// - Throws: `KernelError` for a file that is not as Jupyter writes it, and for one by which anybody on the network could run code.
  public init(json: JSON) throws {
    guard json.object != nil else {
      throw KernelError("the connection file holds \(json.kind), not an object")
    }
    func text(_ name: String, or usual: String) throws -> String {
      guard let value = json[name] else { return usual }
      guard let text = value.string, !text.utf8.contains(0) else {
        throw KernelError("the connection file's \(name) is \(value), a string expected")
      }
      return text
    }
    func port(_ name: String) throws -> Int {
      guard let port = json[name]?.int, (1...65535).contains(port) else {
        throw KernelError("the connection file has no usable \(name)")
      }
      return port
    }
    let scheme = try text("signature_scheme", or: "hmac-sha256")
    guard scheme == "hmac-sha256" else {
      throw KernelError("signature scheme '\(scheme)' is not known, only hmac-sha256")
    }
    key = Array(try text("key", or: "").utf8)
    transport = try text("transport", or: "tcp")
    ip = try text("ip", or: "127.0.0.1")
    guard ["tcp", "ipc"].contains(transport) else {
      throw KernelError("transport '\(transport)' is not known")
    }
    ports = (
      try port("shell_port"), try port("iopub_port"), try port("stdin_port"), try port("control_port"),
      try port("hb_port")
    )
    guard !key.isEmpty || transport == "ipc" || Self.isLoopback(ip) else {
      throw KernelError(
        "the connection file has no key, and other machines can reach \(ip): whoever does could run code here"
      )
    }
  }

  private static func isLoopback(_ ip: String) -> Bool {
    let parts = ip.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 4, parts[0] == "127" { return parts.allSatisfy { UInt8($0) != nil } }
    return ["localhost", "::1", "[::1]"].contains(ip)
  }

  func address(_ port: Int) -> String {
    transport == "ipc" ? "ipc://\(ip)-\(port)" : "tcp://\(ip):\(port)"
  }
}

/// What kept a kernel from starting or a message from being read, in one sentence.
public struct KernelError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ message: String) { description = message }
}
