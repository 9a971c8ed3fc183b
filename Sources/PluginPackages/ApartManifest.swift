import CConfinement
import Encoding
import Glibc

/// A manifest that is read in a child process without any rights: no file, no network, no program, two seconds of the processor. What
/// comes back is data.
struct ApartManifest {
  private static let seconds: UInt32 = 2
  /// Texts of a manifest, at their longest, as JSON writes them.
  private static let longest = 1 << 20
  private static let everything = Int32(CF_FILES | CF_NETWORK | CF_SYSTEM_CALLS | CF_LIMITS)

  private let text: String
  private let file: String

  static func read(_ text: String, file: String) throws -> [String: ManifestValue] {
    var manifest = ApartManifest(text: text, file: file)
    var answer = [UInt8](repeating: 0, count: longest)
    let count = withUnsafeMutablePointer(to: &manifest) { manifest in
      cf_apart(
        { context, out in
          context?.assumingMemoryBound(to: ApartManifest.self).pointee.answer(to: out)
        }, manifest, seconds, everything, &answer, answer.count)
    }
    guard count >= 0 else {
      switch errno {
      case ETIMEDOUT: throw PluginError("\(file): it takes too long")
      case EPERM: throw PluginError("\(file): it cannot be read apart from everything else")
      case ECHILD: throw PluginError("\(file): reading it ends with a fault")
      default: throw PluginError("\(file): it cannot be read: \(String(cString: strerror(errno)))")
      }
    }
    let json = try JSON(parsing: Array(answer[..<count]), allowing: .nonFinite)
    if let message = json["error"]?.string { throw PluginError(message) }
    guard let fields = json["fields"].flatMap(ManifestValue.init(json:))?.table else {
      throw PluginError("\(file): it cannot be read")
    }
    return fields
  }

  /// In the child.
  private func answer(to out: Int32) {
    let json: JSON
    do { json = ["fields": ManifestValue.table(try ManifestText.run(text, file: file)).json] } catch {
      json = ["error": .string("\(error)")]
    }
    Array(json.text().utf8).withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = write(out, bytes.baseAddress?.advanced(by: done), bytes.count - done)
        guard count > 0 || count < 0 && errno == EINTR else { return }
        done += max(0, count)
      }
    }
  }
}

extension ManifestValue {
  /// A list of the kind and what it holds.
  fileprivate var json: JSON {
    switch self {
    case .string(let text): .string(text)
    case .number(let number): .exact(number)
    case .boolean(let value): .bool(value)
    case .list(let items): ["list", .array(items.map(\.json))]
    case .table(let fields): ["table", Self.json(fields)]
    case .listByPlatform(let items, let platforms):
      ["listByPlatform", .array(items.map(\.json)), platforms.json]
    }
  }

  private static func json(_ fields: [String: ManifestValue]) -> JSON {
    var object = JSON.Object()
    for (key, value) in fields { object[key] = value.json }
    return .object(object)
  }

  fileprivate init?(json: JSON) {
    switch json {
    case .null, .object: return nil
    case .string(let text): self = .string(text)
    case .number(let number): self = .number(number.double)
    case .bool(let value): self = .boolean(value)
    case .array(let parts):
      guard parts.count > 1 else { return nil }
      switch (parts[0].string, parts[1]) {
      case ("list", .array(let items)): self = .list(items.compactMap(Self.init(json:)))
      case ("table", .object(let fields)):
        self = .table(
          Dictionary(
            uniqueKeysWithValues: fields.members.compactMap { key, value in
              Self(json: value).map { (key, $0) }
            }))
      case ("listByPlatform", .array(let items)):
        guard parts.count == 3, let platforms = Self(json: parts[2]) else { return nil }
        self = .listByPlatform(items.compactMap(Self.init(json:)), platforms: platforms)
      default: return nil
      }
    }
  }
}
