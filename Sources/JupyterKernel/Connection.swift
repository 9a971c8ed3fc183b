import Encoding

/// The addresses and the key that a client gives a kernel in its connection file.
public struct Connection: Sendable {
  public let key: [UInt8]
  let transport: String
  let ip: String
  let ports: (shell: Int, iopub: Int, stdin: Int, control: Int, heartbeat: Int)

  public init(json: JSON) throws {
    func port(_ name: String) throws -> Int {
      guard let port = json[name]?.int, (1...65535).contains(port) else {
        throw KernelError("the connection file has no usable \(name)")
      }
      return port
    }
    let scheme = json["signature_scheme"]?.string ?? "hmac-sha256"
    guard scheme == "hmac-sha256" else {
      throw KernelError("signature scheme '\(scheme)' is not known, only hmac-sha256")
    }
    key = Array((json["key"]?.string ?? "").utf8)
    transport = json["transport"]?.string ?? "tcp"
    ip = json["ip"]?.string ?? "127.0.0.1"
    guard ["tcp", "ipc"].contains(transport) else {
      throw KernelError("transport '\(transport)' is not known")
    }
    ports = (
      try port("shell_port"), try port("iopub_port"), try port("stdin_port"), try port("control_port"),
      try port("hb_port")
    )
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
