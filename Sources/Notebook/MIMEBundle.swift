/// One value in as many forms as it can show itself in, the richest last or first as the maker likes:
/// whoever shows it picks by `preferred`. This is the only way in which a value reaches a screen or a file.
public struct MIMEBundle: Sendable, Equatable {
  public enum Content: Sendable, Equatable {
    case text(String)
    case bytes([UInt8])

    public var bytes: [UInt8] {
      switch self {
      case .text(let text): Array(text.utf8)
      case .bytes(let bytes): bytes
      }
    }

    public var byteCount: Int {
      switch self {
      case .text(let text): text.utf8.count
      case .bytes(let bytes): bytes.count
      }
    }

    /// The text, or the bytes read as UTF-8; `nil` for bytes that are not text.
    public var text: String? {
      switch self {
      case .text(let text): text
      case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
      }
    }
  }

  /// The forms in the order in which they were given.
  public private(set) var types: [String] = []
  private var contents: [String: Content] = [:]

  public init() {}
  public init(plain text: String) { self["text/plain"] = .text(text) }
  public init(png bytes: [UInt8], plain text: String) {
    self["text/plain"] = .text(text)
    self["image/png"] = .bytes(bytes)
  }

  public subscript(type: String) -> Content? {
    get { contents[type] }
    set {
      if newValue == nil {
        types.removeAll { $0 == type }
      } else if contents[type] == nil {
        types.append(type)
      }
      contents[type] = newValue
    }
  }

  public var isEmpty: Bool { types.isEmpty }
  public var plainText: String? { contents["text/plain"]?.text }

  /// The first of `order` that is there, else the first form of all.
  public func preferred(_ order: [String]) -> (type: String, content: Content)? {
    guard let type = order.first(where: { contents[$0] != nil }) ?? types.first, let content = contents[type]
    else {
      return nil
    }
    return (type, content)
  }

  /// What a web page shows, the best first.
  public static let htmlOrder = [
    "text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "application/json",
    "text/plain",
  ]

  /// What is written to a file of its own, the best first: data before looks.
  public static let fileOrder = [
    "image/png", "image/jpeg", "image/svg+xml", "text/csv", "application/json", "text/html", "text/markdown",
    "text/plain",
  ]

  /// Every form that is worth a file: an image also as SVG if it has one, a table as CSV; plain text only if there is nothing else.
  public var files: [(fileExtension: String, bytes: [UInt8])] {
    let worthwhile = ["image/png", "image/jpeg", "image/svg+xml", "text/csv"].filter { contents[$0] != nil }
    let chosen = worthwhile.isEmpty ? [preferred(Self.fileOrder)?.type].compactMap(\.self) : worthwhile
    return chosen.map(file)
  }

  /// What a browser opens by itself stands in a page that lets it do nothing but show itself.
  private func file(_ type: String) -> (fileExtension: String, bytes: [UInt8]) {
    let bytes = contents[type]?.bytes ?? []
    switch type {
    case "text/html":
      return ("html", Array(SandboxedHTML.page(String(decoding: bytes, as: UTF8.self)).utf8))
    case "image/svg+xml":
      let text = String(decoding: bytes, as: UTF8.self)
      guard !InertMarkup.isDrawing(ReportOutput.inlined(text)) else { return ("svg", bytes) }
      return ("html", Array(SandboxedHTML.page(svg: text).utf8))
    default: return (Self.fileExtension(of: type), bytes)
    }
  }

  public static func fileExtension(of type: String) -> String {
    switch type {
    case "image/png": "png"
    case "image/jpeg": "jpg"
    case "image/svg+xml": "svg"
    case "text/csv": "csv"
    case "text/html": "html"
    case "text/markdown": "md"
    case "text/plain": "txt"
    default: type.hasSuffix("json") ? "json" : "bin"
    }
  }
}
