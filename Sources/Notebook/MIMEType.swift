/// The type of one form in which a value shows itself: `image/png`, `text/csv`. All that is particular to a type stands in its line of
/// `known`; of others, the name says whether they are pictures or text.
public struct MIMEType: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  public let name: String

  public init(_ name: String) { self.name = name }
  public init(stringLiteral name: String) { self.init(name) }
  public var description: String { name }

  /// How a web page shows a type.
  enum Look { case picture, drawing, markup, prose, json, text }

  private struct Facts {
    let type: MIMEType
    let fileExtension: String
    let look: Look
    /// Which of a value's forms a page shows: that of the lowest rank.
    let pageRank: Int
    /// Whether a value that has this form gets a file of it in any case; the others are written where there is no better one.
    var hasOwnFile = false
    /// What its file is called where the value has no caption.
    var noun: String?
  }

  /// In the order in which a value's form is chosen for a file: data before looks.
  private static let known: [Facts] = [
    .init(type: .png, fileExtension: "png", look: .picture, pageRank: 2, hasOwnFile: true, noun: "image"),
    .init(type: .jpeg, fileExtension: "jpg", look: .picture, pageRank: 3, hasOwnFile: true, noun: "image"),
    .init(type: .svg, fileExtension: "svg", look: .drawing, pageRank: 1, hasOwnFile: true, noun: "plot"),
    .init(type: .csv, fileExtension: "csv", look: .text, pageRank: 7, hasOwnFile: true, noun: "table"),
    .init(type: .json, fileExtension: "json", look: .json, pageRank: 5),
    .init(type: .html, fileExtension: "html", look: .markup, pageRank: 0),
    .init(type: .markdown, fileExtension: "md", look: .prose, pageRank: 4),
    .init(type: .plain, fileExtension: "txt", look: .text, pageRank: 6),
  ]
  private static let ranks = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1.type, $0) })

  public static let png: MIMEType = "image/png"
  public static let jpeg: MIMEType = "image/jpeg"
  public static let svg: MIMEType = "image/svg+xml"
  public static let csv: MIMEType = "text/csv"
  public static let json: MIMEType = "application/json"
  public static let html: MIMEType = "text/html"
  public static let markdown: MIMEType = "text/markdown"
  public static let plain: MIMEType = "text/plain"

  private var facts: Facts? { Self.ranks[self].map { Self.known[$0] } }

  /// Whether notebook files hold the type in base64.
  public var isBinary: Bool {
    ["image/", "audio/", "video/"].contains { name.hasPrefix($0) } && self != .svg
      || ["application/pdf", "application/octet-stream"].contains(name)
  }

  /// Whether its bytes are text, whatever they say.
  var isText: Bool { ["json", "xml"].contains { name.hasSuffix($0) } || name.hasPrefix("text/") }

  var isJSON: Bool { self == .json || name.hasSuffix("+json") }

  var look: Look { facts?.look ?? (name.hasPrefix("image/") ? .picture : .text) }

  public var fileExtension: String { facts?.fileExtension ?? (name.hasSuffix("json") ? "json" : "bin") }

  var hasOwnFile: Bool { facts?.hasOwnFile ?? false }

  /// What a file of it is called: an image, a plot, a table; nil for what is but a value.
  public var noun: String? { facts?.noun ?? (name.hasPrefix("image/") ? "image" : nil) }

  /// Its place among the forms of a value for a page; nil where any other is better.
  var pageRank: Int? { facts?.pageRank }
  /// Its place among the forms of a value for a file; nil where any other is better.
  var fileRank: Int? { Self.ranks[self] }
}
