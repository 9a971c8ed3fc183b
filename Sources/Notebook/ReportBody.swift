import Encoding
import LuaSyntax

/// The cells of a report with their outputs.
struct ReportBody {
  private(set) var headings: [Markdown.Heading] = []
  private var hasFailure = false

  mutating func html(_ document: Document, skippingTitle title: String) -> String {
    var html = ""
    var titleIsShown = false
    for (index, cell) in document.cells.enumerated() {
      switch cell.kind {
      case .markdown:
        var source = cell.source
        if !titleIsShown, let line = source.lines().first, line.hasPrefix("# "),
          line.dropFirst(2).trimmingSpace() == title
        {
          source = source.lines().dropFirst().joined(separator: "\n")
          titleIsShown = true
        }
        var markdown = Markdown(anchorPrefix: "c\(index + 1)-", images: { cell.image(at: $0) })
        let prose = markdown.html(source)
        headings += markdown.headings
        if !prose.isEmpty { html += "<section class=\"prose\">\n\(prose)</section>\n" }
      case .code: html += code(cell)
      case .raw: html += "<section class=\"raw\"><pre>\(escapedHTML(cell.source))</pre></section>\n"
      }
    }
    return html
  }

  private mutating func code(_ cell: Cell) -> String {
    guard !cell.source.isBlank || !cell.outputs.isEmpty else { return "" }
    var html = "<section class=\"cell\">\n"
    if !cell.source.isBlank, !cell.hides(["remove-input", "remove_input"]) {
      let failedLine = cell.outputs.lazy.compactMap(\.failure).first?.line.map { $0 - cell.firstLine }
      let isOpen = failedLine != nil || !cell.hides(["hide-input", "hide_input"])
      let title = cell.title ?? (cell.isParameters ? "Parameters" : "")
      let time =
        cell.seconds.map { $0 < 0.001 ? "" : "<span class=\"time\">\(Self.duration($0))</span>" } ?? ""
      html += """
        <details class="source"\(isOpen ? " open" : "")>
        <summary><span class="name">\(title.isEmpty ? "<i>Lua</i>" : escapedHTML(title))</span>\(time)</summary>
        <pre class="code numbered" style="counter-reset: line \(cell.firstLine - 1)"><code>\
        \(LuaHighlighter.html(cell.source, marked: failedLine))</code></pre>
        </details>

        """
    }
    if !cell.outputs.isEmpty, !cell.hides(["remove-output", "remove_output"]) {
      html += "<div class=\"outputs\">\n\(outputs(cell.outputs))</div>\n"
    }
    return html + "</section>\n"
  }

  /// Pictures that follow each other stand side by side.
  private mutating func outputs(_ outputs: [Output]) -> String {
    var html = ""
    var gallery: [ReportOutput] = []
    func flush() {
      guard !gallery.isEmpty else { return }
      let style = gallery.count > 1 && gallery.allSatisfy(\.isTile) ? "gallery tiles" : "gallery"
      html += "<div class=\"\(style)\">\n\(gallery.map(\.html).joined())</div>\n"
      gallery = []
    }
    for output in outputs {
      switch output {
      case .stream(let stream, let text):
        flush()
        html +=
          "<pre class=\"stream\(stream == .stderr ? " warning" : "")\">\(escapedHTML(ANSI.stripped(text).trimmingLastBreak))</pre>\n"
      case .display(let bundle, let metadata), .result(let bundle, let metadata):
        let shown = ReportOutput(bundle, metadata)
        if shown.isPicture {
          gallery.append(shown)
        } else {
          flush()
          html += shown.html
        }
      case .error(let failure):
        flush()
        html += error(failure)
      case .other: break
      }
    }
    flush()
    return html
  }

  private mutating func error(_ failure: Output.Failure) -> String {
    let anchor = hasFailure ? "" : " id=\"failure\""
    hasFailure = true
    let traceback =
      failure.traceback.isEmpty
      ? ""
      : "<details><summary>Traceback</summary><ol>"
        + failure.traceback.map { "<li>\(escapedHTML(ANSI.stripped($0).trimmingSpace()))</li>" }.joined()
        + "</ol></details>\n"
    return "<div class=\"error\"\(anchor)>\n<p>\(escapedHTML(failure.message))</p>\n\(traceback)</div>\n"
  }

  static func duration(_ seconds: Double) -> String {
    if seconds < 0.0995 { return "\(Int((seconds * 1000).rounded())) ms" }
    if seconds < 99.5 { return "\(seconds.significant(seconds < 9.995 ? 2 : 3)) s" }
    let whole = Int(seconds.rounded())
    return "\(whole / 60) min \(whole % 60) s"
  }
}

extension Cell {
  fileprivate func hides(_ names: [String]) -> Bool { tags.contains { names.contains($0) } }

  /// A picture in prose: one of the cell's attachments, or inline data. What lies elsewhere is not fetched.
  fileprivate func image(at address: String) -> String? {
    if address.hasPrefix("data:image/") { return address }
    guard address.hasPrefix("attachment:"),
      let forms = attachments?.object?[String(address.dropFirst(11))]?.object,
      let form = forms.members.first(where: { $0.0.hasPrefix("image/") }), let data = form.1.joinedText
    else { return nil }
    return "data:\(form.0);base64,\(data.filter { !$0.isWhitespace })"
  }
}

extension Output {
  var failure: Failure? { if case .error(let failure) = self { failure } else { nil } }
}

extension String {
  fileprivate var trimmingLastBreak: String { hasSuffix("\n") ? String(dropLast()) : self }
}
