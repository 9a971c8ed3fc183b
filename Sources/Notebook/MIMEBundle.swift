/// One value in as many forms as it can show itself in, in any order: whoever shows it picks the best. This is the only way in
/// which a value reaches a screen or a file.
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

    /// What the bytes are in a form of this type.
    public init(_ bytes: [UInt8], as type: MIMEType) {
      if type.isBinary {
        self = .bytes(bytes)
      } else if let text = String(validating: bytes, as: UTF8.self) {
        self = .text(text)
      } else {
        self = type.isText ? .text(String(decoding: bytes, as: UTF8.self)) : .bytes(bytes)
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
  public private(set) var types: [MIMEType] = []
  private var contents: [MIMEType: Content] = [:]

  public init() {}
  public init(plain text: String) { self[.plain] = .text(text) }
  public init(png bytes: [UInt8], plain text: String) {
    self[.plain] = .text(text)
    self[.png] = .bytes(bytes)
  }

  public subscript(type: MIMEType) -> Content? {
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
  public var plainText: String? { contents[.plain]?.text }

  /// What a web page shows of it.
  var forPage: (type: MIMEType, content: Content)? { best(\.pageRank) }

  private func best(_ rank: KeyPath<MIMEType, Int?>) -> (type: MIMEType, content: Content)? {
    let type = types.min { ($0[keyPath: rank] ?? .max) < ($1[keyPath: rank] ?? .max) }
    return type.flatMap { type in contents[type].map { (type, $0) } }
  }

  /// Every form that is worth a file: an image also as SVG if it has one, a table as CSV; plain text only if there is nothing else.
  public var files: [(fileExtension: String, bytes: [UInt8])] {
    let worthwhile = types.filter(\.hasOwnFile).sorted { ($0.fileRank ?? .max) < ($1.fileRank ?? .max) }
    let chosen = worthwhile.isEmpty ? [best(\.fileRank)?.type].compactMap(\.self) : worthwhile
    return chosen.map(file)
  }

  /// What a file of it is called that has no other name: a plot, an image, a table, a value. A sheet of pictures with labels, which
  /// has both forms, is an image.
  public var noun: String {
    let named = types.filter { $0.noun != nil }
    return named.min { ($0.fileRank ?? .max) < ($1.fileRank ?? .max) }?.noun ?? "value"
  }

  /// What a browser opens by itself stands in a page that lets it do nothing but show itself.
  private func file(_ type: MIMEType) -> (fileExtension: String, bytes: [UInt8]) {
    let bytes = contents[type]?.bytes ?? []
    switch type.look {
    case .markup:
      return (type.fileExtension, Array(SandboxedHTML.page(String(decoding: bytes, as: UTF8.self)).utf8))
    case .drawing:
      let text = String(decoding: bytes, as: UTF8.self)
      guard !InertMarkup.isDrawing(ReportOutput.inlined(text)) else { return (type.fileExtension, bytes) }
      return (MIMEType.html.fileExtension, Array(SandboxedHTML.page(svg: text).utf8))
    case .picture, .prose, .json, .text: return (type.fileExtension, bytes)
    }
  }
}
