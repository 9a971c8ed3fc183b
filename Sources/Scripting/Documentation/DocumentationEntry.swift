/// What the reference says about one bound function, method or property, or about several that are alike.
public struct DocumentationEntry: Sendable, Equatable {
  /// As the heading writes them: `linalg.svd(x, {full})`, `tensor:exp()`, `generated.latents`.
  public let signatures: [String]
  /// Markdown: what it does, its arguments and options, what it gives and raises, the source.
  public let text: String
  /// Lua that shows it.
  public let example: String?
  /// The line of the page on which the example begins, from 1.
  let exampleLine: Int

  /// The names alone: `linalg.svd`, `tensor:exp`, `generated.latents`.
  public var names: [String] { signatures.map(Self.name) }

  static func name(of signature: String) -> String { String(signature.prefix { $0 != "(" }) }

  /// The whole entry as Markdown.
  public var markdown: String {
    let heading = signatures.map { "`\($0)`" }.joined(separator: " ")
    return "**\(heading)**\n\n\(text)" + (example.map { "\n\n```lua\n\($0)\n```" } ?? "")
  }

  /// The whole entry for a terminal: no signs of Markdown but those that read well there.
  public var plainText: String {
    var lines = signatures
    lines += [""] + text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
    if let example {
      lines += [""] + example.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
    }
    return lines.joined(separator: "\n").filter { $0 != "`" }
  }
}
