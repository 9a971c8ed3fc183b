import CMarkdown
import Encoding

/// Markdown of prose cells as HTML: CommonMark with tables, ~~deletion~~ and `$mathematics$`, as md4c reads it. Raw HTML is shown,
/// not obeyed.
public struct Markdown {
  public struct Heading {
    public let level: Int
    /// What stands in it, as HTML.
    public let html: String
    public let anchor: String
  }

  /// Headings met, in order: for a table of contents.
  public private(set) var headings: [Heading] = []
  private let images: (String) -> String?
  private let anchorPrefix: String

  /// - Parameters:
  ///   - anchorPrefix: makes heading anchors unique where several texts share a page.
  ///   - images: turns the address of an image into one to show; `nil` leaves a link.
  public init(anchorPrefix: String = "", images: @escaping (String) -> String? = { _ in nil }) {
    self.anchorPrefix = anchorPrefix
    self.images = images
  }

  public static func html(_ text: String) -> String {
    var markdown = Markdown()
    return markdown.html(text)
  }

  /// What Markdown means inside a line: titles and captions, in which nothing opens a list or a quotation.
  public static func inline(_ text: String) -> String {
    // Within the signs of a heading only that counts.
    let line = text.lines().joined(separator: " ")
    let rendered = MarkdownRenderer.render("# \(line) #", images: { _ in nil }, anchorPrefix: "")
    return rendered?.headings.first?.html ?? escapedHTML(line)
  }

  public mutating func html(_ text: String) -> String {
    // Lua's line breaks are more than md4c's.
    let text = text.lines().joined(separator: "\n")
    guard let rendered = MarkdownRenderer.render(text, images: images, anchorPrefix: anchorPrefix) else {
      return "<pre>\(escapedHTML(text))</pre>\n"
    }
    headings += rendered.headings
    return rendered.html
  }
}
