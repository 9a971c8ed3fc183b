import Encoding
import Testing

@testable import JupyterKernel

@Suite struct MessageTests {
  /// RFC 4231, test cases 1, 2 and 6.
  @Test func signaturesAreThoseOfTheStandard() {
    func signature(_ key: [UInt8], _ text: String) -> String {
      HMAC(key: key).signature(of: [Array(text.utf8)])
    }
    #expect(
      signature([UInt8](repeating: 0x0B, count: 20), "Hi There")
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      signature(Array("Jefe".utf8), "what do ya want for nothing?")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      signature(
        [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First")
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    #expect(
      HMAC(key: Array("Jefe".utf8)).signature(
        of: ["what do ya ", "want for ", "nothing?"].map { Array($0.utf8) })
        == signature(Array("Jefe".utf8), "what do ya want for nothing?"))
  }

  private let key = HMAC(key: Array("key".utf8))

  @Test func framesThereAndBack() throws {
    let request = Message("execute_request", ["code": "é\n"], parent: nil, session: "s", route: [])
    let reply = Message("execute_reply", [:], parent: request, session: "k", route: [[1, 0, 255], [2]])
    let read = try Message(frames: reply.frames(key: key), key: key)
    #expect(read.type == "execute_reply" && read.route == reply.route && read.parent == request.header)
    #expect(try Message(frames: request.frames(key: key), key: key).content["code"] == "é\n")
    #expect(try Message(frames: request.frames(key: nil), key: nil).type == "execute_request")
  }

  @Test func whatIsForgedOrCutIsRefused() {
    let frames = Message("a", ["b": 1], parent: nil, session: "s", route: [[7]]).frames(key: key)
    for index in frames.indices.dropFirst(2) {
      var other = frames
      other[index][0] ^= 1
      #expect(throws: KernelError.self) { try Message(frames: other, key: key) }
      other = frames
      other.remove(at: index)
      #expect(throws: KernelError.self) { try Message(frames: other, key: key) }
    }
    #expect(throws: KernelError.self) { try Message(frames: [], key: key) }
    #expect(throws: KernelError.self) { try Message(frames: frames.map { _ in [] }, key: key) }
    var unsigned = frames
    unsigned[2] = []
    #expect(throws: KernelError.self) { try Message(frames: unsigned, key: key) }
  }

  @Test func connectionFiles() throws {
    var json: JSON.Object = [
      "ip": "127.0.0.1", "transport": "tcp", "key": "k", "shell_port": 1, "iopub_port": 2, "stdin_port": 3,
      "control_port": 4, "hb_port": 65535, "kernel_name": "lunette",
    ]
    #expect(try Connection(json: .object(json)).address(5) == "tcp://127.0.0.1:5")
    for (name, value) in [("signature_scheme", "hmac-md5"), ("transport", "udp")] {
      var other = json
      other[name] = .string(value)
      #expect(throws: KernelError.self) { try Connection(json: .object(other)) }
    }
    for (name, value): (String, JSON) in [
      ("key", 7), ("ip", ["127.0.0.1"]), ("transport", true), ("ip", "127.0.0.1\0"), ("signature_scheme", 1),
      ("shell_port", "1"), ("shell_port", 1.5), ("shell_port", 0), ("iopub_port", -1), ("control_port", nil),
    ] {
      var other = json
      other[name] = value
      #expect(throws: KernelError.self, "\(name) = \(value)") { try Connection(json: .object(other)) }
    }
    json["hb_port"] = 65536
    #expect(throws: KernelError.self) { try Connection(json: .object(json)) }
    #expect(throws: KernelError.self) { try Connection(json: []) }
  }

  /// Without a key whoever reaches a port may run code.
  @Test func aKernelWithoutKeyListensAtHomeOnly() throws {
    func connection(_ ip: JSON, key: JSON, transport: JSON = "tcp") throws -> Connection {
      try Connection(json: [
        "ip": ip, "transport": transport, "key": key, "shell_port": 1, "iopub_port": 2, "stdin_port": 3,
        "control_port": 4, "hb_port": 5,
      ])
    }
    for ip: JSON in ["127.0.0.1", "127.1.2.3", "localhost", "::1", nil] {
      #expect(try connection(ip, key: "").key.isEmpty)
    }
    for ip: JSON in [
      "0.0.0.0", "*", "192.168.1.2", "127.0.0.1.example.org", "128.0.0.1", "127.0.0", "", "::",
    ] {
      #expect(throws: KernelError.self, "\(ip)") { try connection(ip, key: "") }
      #expect(throws: KernelError.self, "\(ip)") { try connection(ip, key: nil) }
      #expect(try connection(ip, key: "secret").key == Array("secret".utf8))
    }
    #expect(try connection("/tmp/socket", key: "", transport: "ipc").address(1) == "ipc:///tmp/socket-1")
  }
}
