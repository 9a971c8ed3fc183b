import Lua
import PluginPackages

/// The Lua reference, read from the pages in `Docs/lua` when somebody asks: the one place from which `:help`,
/// `lunette.help` and Jupyter's inspection take what they say.
public struct Documentation: Sendable {
  public let pages: [DocumentationPage]
  private let entries: [String: DocumentationEntry]

  public init(pages: [DocumentationPage]) {
    self.pages = pages
    var entries: [String: DocumentationEntry] = [:]
    for entry in pages.flatMap(\.entries) { for name in entry.names { entries[name] = entry } }
    self.entries = entries
  }

  /// The pages of a folder; none where there is no such folder.
  public init(folder: String?) {
    let folder = folder ?? ""
    let names = (folder.isEmpty ? [] : Disk.names(in: folder)).filter {
      $0.hasSuffix(".md") && $0 != "README.md"
    }.sorted()
    self.init(
      pages: names.compactMap { name in
        (try? TextFile.read("\(folder)/\(name)")).map {
          DocumentationPage(name: String(name.dropLast(3)), markdown: $0)
        }
      })
  }

  public static var installed: Documentation { Documentation(folder: Installation.referenceFolder) }

  /// All names that have an entry, sorted.
  public var names: [String] { entries.keys.sorted() }

  /// The entry of a full name as the headings have it (`linalg.svd`, `tensor:sum`), with `lunette.` or without.
  public func entry(named name: String) -> DocumentationEntry? {
    entries[Self.canonical(name)]
  }

  /// The entries that a short name (`svd`, `sum`) may mean.
  public func entries(matching name: String) -> [DocumentationEntry] {
    let name = Self.canonical(name)
    if let exact = entries[name] { return [exact] }
    let last = name.split { ".:".contains($0) }.last.map(String.init) ?? name
    var found: [DocumentationEntry] = []
    for candidate in names where candidate.split(whereSeparator: { ".:".contains($0) }).last ?? "" == last {
      if let entry = entries[candidate], !found.contains(entry) { found.append(entry) }
    }
    return found
  }

  /// The page about a module or type.
  public func page(named name: String) -> DocumentationPage? {
    pages.first { $0.name == Self.canonical(name) }
  }

  /// A known name that looks like `name`.
  public func suggestion(for name: String) -> String? {
    let last = name.split { ".:".contains($0) }.last.map(String.init) ?? name
    let known = names.map { ($0, $0.split { ".:".contains($0) }.last.map(String.init) ?? $0) }
    guard let nearest = nearestName(to: last, among: known.map(\.1)) else { return nil }
    return known.first { $0.1 == nearest }?.0
  }

  private static func canonical(_ name: String) -> String {
    name.hasPrefix("lunette.") ? String(name.dropFirst(8)) : name
  }
}
