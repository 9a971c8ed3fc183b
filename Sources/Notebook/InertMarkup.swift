import Encoding

/// Markup that does nothing but show itself: text in elements and attributes that are known to be harmless. Lunette's own tables and
/// plots are; what is not may be a stranger's, and is shown in a frame of its own.
enum InertMarkup {
  /// A table, or words.
  static func isTable(_ html: String) -> Bool { check(html, tableElements, tableAttributes) }

  /// A drawing.
  static func isDrawing(_ svg: String) -> Bool {
    svg.hasPrefix("<svg") && check(svg, drawingElements, drawingAttributes)
  }

  private static let tableElements: Set<String> = [
    "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "b", "i", "em", "strong", "code", "br",
    "p", "span",
    "sub", "sup", "ul", "ol", "li",
  ]
  private static let tableAttributes: Set<String> = ["class", "data-value", "colspan", "rowspan", "title"]
  private static let tableClasses: Set<String> = ["data", "number"]

  private static let drawingElements: Set<String> = [
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title",
    "desc", "defs", "image",
    "clipPath", "linearGradient", "stop",
  ]
  private static let drawingAttributes: Set<String> = [
    "xmlns", "viewBox", "width", "height", "preserveAspectRatio", "x", "y", "x1", "x2", "y1", "y2", "dx",
    "dy", "cx", "cy",
    "r", "rx", "ry", "d", "points", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width",
    "stroke-opacity",
    "stroke-linejoin", "stroke-linecap", "stroke-dasharray", "opacity", "font-size", "font-family",
    "font-weight",
    "font-variant-numeric", "font-style", "text-anchor", "dominant-baseline", "transform", "id", "clip-path",
    "offset",
    "stop-color", "stop-opacity", "overflow", "role", "aria-label", "shape-rendering", "style",
    "image-rendering", "href",
  ]
  private static let properties: Set<String> = [
    "fill", "stroke", "color", "opacity", "fill-opacity", "stroke-width", "font-size", "font-weight",
    "font-variant-numeric",
  ]

  /// Whether the text is nothing but text and such elements, written as XML would have it.
  private static func check(_ text: String, _ elements: Set<String>, _ attributes: Set<String>) -> Bool {
    var rest = Substring(text).unicodeScalars
    while let start = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: start)...]
      let isEnd = rest.first == "/"
      if isEnd { rest.removeFirst() }
      let name = take(&rest, while: isNamePart)
      guard elements.contains(name) else { return false }
      while true {
        let blanks = take(&rest, while: { $0.properties.isWhitespace })
        if rest.first == "/" {
          rest.removeFirst()
          guard rest.first == ">" else { return false }
        }
        if rest.first == ">" {
          rest.removeFirst()
          break
        }
        let key = take(&rest, while: isNamePart)
        guard !isEnd, !blanks.isEmpty, attributes.contains(key), rest.starts(with: "=\"".unicodeScalars)
        else { return false }
        rest.removeFirst(2)
        let value = take(&rest, while: { $0 != "\"" && $0 != "<" })
        guard rest.first == "\"", isHarmless(value, of: key) else { return false }
        rest.removeFirst()
      }
    }
    return true
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-")
  }

  private static func take(
    _ rest: inout Substring.UnicodeScalarView, while isPart: (Unicode.Scalar) -> Bool
  ) -> String {
    let part = rest.prefix(while: isPart)
    rest = rest[part.endIndex...]
    return String(part)
  }

  private static func isHarmless(_ value: String, of key: String) -> Bool {
    switch key {
    case "class": return tableClasses.contains(value)
    case "style":
      return value.split(separator: ";").allSatisfy { declaration in
        let parts = declaration.split(separator: ":", maxSplits: 1)
        return parts.count == 2 && properties.contains(String(parts[0])) && isColor(parts[1])
      }
    // Pictures that stand in the drawing itself; anything else would be asked of elsewhere.
    case "href":
      let start = "data:image/png;base64,"
      return value.hasPrefix(start) && Base64.isPlain(value.dropFirst(start.count))
    case "clip-path":
      return value.hasPrefix("url(#") && value.hasSuffix(")") && !value.contains(where: \.isWhitespace)
    case "fill", "stroke", "stop-color": return isColor(value[...])
    case "title", "data-value", "aria-label", "font-family", "xmlns": return true
    default: return !value.contains("url(")
    }
  }

  private static func isColor(_ value: Substring) -> Bool {
    !value.contains("url")
      && value.unicodeScalars.allSatisfy { $0.isASCII && $0 != "\\" && $0 != "@" && $0 != "&" }
  }
}
