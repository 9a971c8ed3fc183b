import Encoding

/// One displayed value as HTML.
struct ReportOutput {
  /// Whether it can stand beside other pictures.
  let isPicture: Bool
  /// Whether it is a small picture, several of which make a row.
  var isTile: Bool { html.contains("class=\"pixels\"") && isPicture }
  let html: String

  init(_ bundle: MIMEBundle, _ metadata: JSON.Object) {
    // A bar of progress that is done leaves an empty display behind: there is nothing to take from Jupyter's outputs.
    guard let (type, content) = bundle.forPage, !content.bytes.isEmpty else {
      (isPicture, html) = (false, "")
      return
    }
    let caption = metadata["caption"]?.string
    let text = content.text ?? ""
    switch type.look {
    case .markup:
      isPicture = false
      let shown =
        InertMarkup.isTable(text) ? "<div class=\"scroll\">\(text)</div>" : SandboxedHTML.frame(text)
      html = Self.captioned(shown, caption, "html")
    case .drawing:
      isPicture = true
      let drawing = Self.inlined(text)
      let shown =
        InertMarkup.isDrawing(drawing)
        ? "<div class=\"svg zoomable\">\(drawing)</div>"
        : "<img src=\"\(SandboxedHTML.picture(text))\" alt=\"\(escapedHTML(caption ?? bundle.plainText ?? ""))\">"
      html = Self.captioned(shown, caption, "plot")
    case .prose:
      isPicture = false
      html = "<div class=\"prose\">\(Markdown.html(text))</div>\n"
    case .json:
      isPicture = false
      let pretty = (try? JSON(parsing: text))?.text(indent: 2) ?? text
      html = "<pre class=\"value\">\(escapedHTML(pretty))</pre>\n"
    case .picture:
      isPicture = true
      let alternative = caption ?? bundle.plainText ?? ""
      html = Self.captioned(
        Self.image(type, content.bytes, alternative, metadata[type.name]?.object ?? [:]), caption, "picture")
    case .text:
      isPicture = false
      html = "<pre class=\"value\">\(escapedHTML(bundle.plainText ?? text))</pre>\n"
    }
  }

  private static func captioned(_ html: String, _ caption: String?, _ style: String) -> String {
    let text = caption.map { "<figcaption>\(Markdown.inline($0))</figcaption>" } ?? ""
    return "<figure class=\"\(style)\">\(html)\(text)</figure>\n"
  }

  /// Small pictures, as small models draw them, are shown several times their size with hard pixels.
  private static func image(_ type: MIMEType, _ bytes: [UInt8], _ alternative: String, _ wish: JSON.Object)
    -> String
  {
    var style = ""
    if let width = wish["width"]?.int {
      style = " width=\"\(width)\""
    } else if let size = pngSize(bytes) {
      let scale =
        size.width <= 160 && size.height <= 160 ? max(1, min(8, 256 / max(size.width, size.height, 1))) : 1
      style = " width=\"\(size.width * scale)\" height=\"\(size.height * scale)\""
      if scale > 1 { style += " class=\"pixels\"" }
    }
    return
      "<img src=\"data:\(escapedHTML(type.name));base64,\(Base64.encode(bytes))\" alt=\"\(escapedHTML(alternative))\"\(style)>"
  }

  /// The size that a PNG file states in its first chunk.
  private static func pngSize(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
    guard bytes.count >= 24, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return nil }
    func number(at start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    return (number(at: 16), number(at: 20))
  }

  /// An SVG file without what only a file may have before its root.
  static func inlined(_ svg: String) -> String {
    var rest = Substring(svg)
    while let start = rest.firstIndex(of: "<") {
      rest = rest[start...]
      guard rest.hasPrefix("<?") || rest.hasPrefix("<!"), let end = rest.firstIndex(of: ">") else { break }
      rest = rest[rest.index(after: end)...]
    }
    return String(rest)
  }
}
