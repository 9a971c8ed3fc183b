extension String {
  /// The text as a string of Lua: `"say \"hi\"\n"`.
  ///
  /// - Parameter limit: how many of its characters are written; an ellipsis stands for the others.
  public func quotedForLua(limit: Int = .max) -> String {
    var quoted = "\""
    var left = limit
    for scalar in unicodeScalars {
      guard left > 0 else { return quoted + "…\"" }
      left -= 1
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\0": quoted += "\\x00"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
