import Encoding

/// A run as one web page that needs nothing but itself: prose, code and outputs in the order of the script.
public struct Report: Sendable {
  public enum Status: Sendable, Equatable { case done, failed, interrupted }

  public struct Fact: Sendable, Equatable {
    public var label: String
    public var value: String
    public init(_ label: String, _ value: String) {
      self.label = label
      self.value = value
    }
  }

  /// Lunette's sign as an SVG document of 32 × 32.
  public static let icon = ReportStyle.icon

  public var document: Document
  /// Shown when the document names no title of its own: the script's name.
  public var fallbackTitle: String
  public var status: Status
  /// What one wants to know at first sight: model, seed, parameters, time.
  public var facts: [Fact]
  /// What one wants to know when it does not come out again: versions, hashes, date.
  public var footnotes: [Fact]

  public init(
    document: Document, fallbackTitle: String, status: Status = .done, facts: [Fact] = [],
    footnotes: [Fact] = []
  ) {
    self.document = document
    self.fallbackTitle = fallbackTitle
    self.status = status
    self.facts = facts
    self.footnotes = footnotes
  }

  public func html() -> String {
    var body = ReportBody()
    let title = document.title ?? fallbackTitle
    let content = body.html(document, skippingTitle: title)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="Lunette">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:; \
      media-src data:; style-src 'unsafe-inline'; script-src '\(ReportStyle.scriptHash)'; base-uri 'none'; form-action 'none'">
      <title>\(escapedHTML(title))</title>
      <link rel="icon" href="data:image/svg+xml;base64,\(Base64.encode(Array(ReportStyle.icon.utf8)))">
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <header class="top">
      <p class="kicker">\(ReportStyle.mark)<span>Lunette</span></p>
      <h1>\(Markdown.inline(title))</h1>
      \(factList)\(contents(body.headings))</header>
      \(banner)<main>
      \(content)</main>
      <footer>\(footnoteList)</footer>
      <script>
      \(ReportStyle.script)
      </script>
      </body>
      </html>

      """
  }

  private var factList: String {
    guard !facts.isEmpty else { return "" }
    let items = facts.map {
      "<div><dt>\(escapedHTML($0.label))</dt><dd>\(escapedHTML($0.value))</dd></div>\n"
    }
    return "<dl class=\"facts\">\n\(items.joined())</dl>\n"
  }

  private var footnoteList: String {
    let items = footnotes.map { "<span>\(escapedHTML($0.label)) <b>\(escapedHTML($0.value))</b></span>" }
    return items.joined(separator: "\n")
  }

  /// Short reports need no table of contents.
  private func contents(_ headings: [Markdown.Heading]) -> String {
    let sections = headings.filter { $0.level == 2 }
    guard sections.count >= 3 else { return "" }
    let links = sections.map {
      "<li><a href=\"#\(escapedHTML($0.anchor))\">\($0.html)</a></li>"
    }
    return "<nav aria-label=\"Contents\"><ol>\(links.joined())</ol></nav>\n"
  }

  private var banner: String {
    let failure = document.cells.lazy.flatMap(\.outputs).compactMap { output -> Output.Failure? in
      if case .error(let failure) = output { failure } else { nil }
    }.first
    switch status {
    case .done: return ""
    case .interrupted:
      return "<p class=\"banner\"><b>Interrupted.</b> What was made before is kept below.</p>\n"
    case .failed:
      let place = failure?.line.map { " at line \($0)" } ?? ""
      return "<p class=\"banner failed\"><b>The script failed\(place).</b> "
        + (failure == nil ? "" : "<a href=\"#failure\">See the error</a>. ")
        + "What was made before is kept below.</p>\n"
    }
  }
}
