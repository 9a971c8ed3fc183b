/// The names by which diffusers and transformers know the modules whose values our sites show.
public enum SiteAliases {
  /// The other names of a site; none for most.
  public static func of(_ name: String) -> [String] {
    var names = [name]
    if let end = name.lastIndex(of: ".") {
      let (path, last) = (name[..<end], name[name.index(after: end)...])
      names += modules(last, of: path).map { "\(path).\($0)" }
    }
    // transformers before version 5, which our own names follow, had the tower's layers deeper down.
    for name in names {
      guard let start = name.range(ofPrefix: "text_encoder") else { continue }
      let rest = name[start...]
      let inside = rest.hasPrefix(".layers.") ? ".encoder\(rest)" : String(rest)
      names.append("text_encoder.text_model\(inside)")
      if inside != rest { names.append("text_encoder\(inside)") }
    }
    return Array(names.dropFirst())
  }

  private static func modules(_ last: Substring, of path: Substring) -> [String] {
    let isText = path.hasSuffix(".self_attn")
    switch last {
    case "q", "k", "v": return [isText ? "\(last)_proj" : "to_\(last)"]
    case "out" where isText: return ["out_proj"]
    case "out" where path == "unet": return ["conv_out"]
    case "out": return ["to_out", "to_out.0"]
    default: return []
    }
  }
}

extension String {
  /// Where the text goes on after a component at its start; nil if it starts otherwise.
  fileprivate func range(ofPrefix component: String) -> String.Index? {
    guard hasPrefix(component + ".") else { return nil }
    return index(startIndex, offsetBy: component.count)
  }
}
