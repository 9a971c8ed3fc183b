import Encoding
import Glibc

/// A message of Jupyter's protocol.
struct Message: Sendable {
  /// Who is to get it, as ZeroMQ's routing wants it; for a publication its topic.
  var route: [[UInt8]]
  var header: JSON
  var parent: JSON
  var metadata: JSON
  var content: JSON

  var type: String { header["msg_type"]?.string ?? "" }

  static let delimiter = Array("<IDS|MSG>".utf8)

  /// Reads the frames of a message.
  ///
  /// - Throws: `KernelError` for a message that is cut, is no JSON, or has another signature than its key gives.
  init(frames: [[UInt8]], key: HMAC?) throws {
    guard let start = frames.firstIndex(of: Self.delimiter), frames.count >= start + 6 else {
      throw KernelError("a message without its parts")
    }
    let parts = Array(frames[start + 2..<start + 6])
    if let key {
      let (given, wanted) = (frames[start + 1], Array(key.signature(of: parts).utf8))
      // In the same time wherever they differ.
      let difference = zip(given, wanted).reduce(0) { $0 | ($1.0 ^ $1.1) }
      guard given.count == wanted.count, difference == 0 else {
        throw KernelError("a message with a wrong signature")
      }
    }
    func json(_ index: Int) throws -> JSON {
      do { return try JSON(parsing: parts[index], allowing: .python) } catch {
        throw KernelError("a message that is no JSON: \(error)")
      }
    }
    route = Array(frames[..<start])
    (header, parent, metadata, content) = (try json(0), try json(1), try json(2), try json(3))
  }

  /// A new message in the session of the one that it answers.
  init(
    _ type: String, _ content: JSON, parent: Message?, session: String, route: [[UInt8]], metadata: JSON = [:]
  ) {
    self.route = route
    self.parent = parent?.header ?? [:]
    self.metadata = metadata
    self.content = content
    header = [
      "date": .string(Self.date), "msg_id": .string(Self.uuid()), "msg_type": .string(type),
      "session": .string(session), "username": "lunette", "version": .string(KernelInfo.protocolVersion),
    ]
  }

  func frames(key: HMAC?) -> [[UInt8]] {
    let parts = [header, parent, metadata, content].map { Array($0.text().utf8) }
    let signature = key.map { Array($0.signature(of: parts).utf8) } ?? []
    return route + [Self.delimiter, signature] + parts
  }

  static func uuid() -> String {
    func digits(_ count: Int) -> String {
      let value = UInt64.random(in: 0..<1 << UInt64(count * 4))
      let text = String(value, radix: 16)
      return String(repeating: "0", count: count - text.count) + text
    }
    return "\(digits(8))-\(digits(4))-4\(digits(3))-a\(digits(3))-\(digits(12))"
  }

  /// ISO 8601 in UTC.
  private static var date: String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let micros = String(now.tv_nsec / 1000)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      + "." + String(repeating: "0", count: 6 - micros.count) + micros + "Z"
  }
}
