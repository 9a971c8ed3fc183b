import Encoding

/// What a plugin says about itself: its rockspec, read as data and checked field by field.
///
/// Everything that a plugin consists of is declared here: modules, and folders that go with them. A field that is not
/// known, or a build that would run something, is refused: LuaRocks would act on it, and so would whoever trusts it.
public struct Manifest: Sendable {
  public let name: String
  public let version: PluginVersion
  public let summary: String
  public let detailed: String
  public let license: String
  public let homepage: String
  /// Where the source is, and what of it, for LuaRocks; never fetched from here.
  public let sourceURL: String
  public let sourceFolder: String?
  /// Other plugins; what `lua` and `lunette` are asked for is apart.
  public let dependencies: [Dependency]
  public let lua: Dependency?
  public let lunette: Dependency?
  public let capabilities: Set<Capability>
  public let labels: [String]
  /// Lua modules by name, as paths in the source.
  public let modules: [String: String]
  /// Folders that are taken as they are: `tests`, `examples`, `model`.
  public let folders: [String]

  public static let pluginLabel = "lunette"

  /// `NAME-VERSION.rockspec`, the only name that LuaRocks reads it under.
  public var fileName: String { "\(name)-\(version).rockspec" }

  /// - Parameters:
  ///   - file: what errors call it.
  ///   - isGranted: lets unknown fields pass, which then mean nothing.
  ///   - isApart: reads it in a process without rights, for those that have some and only one thread.
  public init(_ text: String, file: String, isGranted: Bool = false, isApart: Bool = false) throws {
    let fields = try ManifestText.read(text, file: file, isApart: isApart)
    var reader = try ManifestReader(fields: fields, file: file, isGranted: isGranted)
    try self.init(&reader)
  }

  private init(_ reader: inout ManifestReader) throws {
    let format = try reader.text("rockspec_format") ?? "1.0"
    guard ["1.0", "1.1", "3.0"].contains(format) else {
      throw reader.error("rockspec_format", "is \(format); 1.0, 1.1 or 3.0 can be read")
    }
    name = try reader.required("package")
    guard PluginName.isValid(name) else {
      throw reader.error("package", "is '\(name)': small letters, digits, '-' and '_' expected")
    }
    guard !PluginName.isReserved(name) else {
      throw reader.error(
        "package", "is '\(name)', which is the name of something that Lua or Lunette brings along")
    }
    let written = try reader.required("version")
    guard let version = PluginVersion(written), written.contains("-") else {
      throw reader.error("version", "is '\(written)': a version with a revision expected, as 1.0-1")
    }
    self.version = version
    try reader.open("source", known: ["url", "tag", "branch", "dir", "md5", "file"])
    sourceURL = try reader.required("source.url")
    sourceFolder = try reader.text("source.dir")
    for field in ["tag", "branch", "md5", "file"] { _ = try reader.text("source.\(field)") }

    try reader.open(
      "description",
      known: ["summary", "detailed", "license", "homepage", "issues_url", "maintainer", "labels"])
    summary = try reader.text("description.summary") ?? ""
    detailed = try reader.text("description.detailed", mayHaveLines: true) ?? ""
    license = try reader.text("description.license") ?? ""
    homepage = try reader.text("description.homepage") ?? ""
    for field in ["issues_url", "maintainer"] { _ = try reader.text("description.\(field)") }
    labels = try reader.texts("description.labels")
    if !labels.isEmpty, format != "3.0" {
      throw reader.error("description.labels", "needs rockspec_format = \"3.0\"")
    }
    (capabilities, lunette) = try Self.meaning(of: labels, reader)

    var dependencies = try reader.texts("dependencies").map { text in
      do { return try Dependency(text) } catch { throw reader.error("dependencies", "\(error)") }
    }
    guard dependencies.count <= 100 else {
      throw reader.error("dependencies", "has \(dependencies.count) entries; 100 is the most")
    }
    lua = dependencies.first { $0.name == "lua" }
    dependencies.removeAll { $0.name == "lua" }
    guard !dependencies.map(\.name).contains(name) else {
      throw reader.error("dependencies", "names the plugin itself")
    }
    self.dependencies = dependencies

    try reader.open("build", known: ["type", "modules", "copy_directories"])
    let type = try reader.text("build.type") ?? "builtin"
    guard type == "builtin" else {
      throw reader.error(
        "build.type", "is '\(type)', which would run something: only 'builtin' Lua modules are installed")
    }
    modules = try reader.modules(of: name)
    folders = try reader.texts("build.copy_directories")
    for folder in folders {
      try reader.check(folder, in: "build.copy_directories")
      guard !folder.contains("/"), folder != "lua", folder != "lib", folder != "doc" else {
        throw reader.error("build.copy_directories", "names '\(folder)': folders of the plugin expected")
      }
    }
    try reader.finish()
  }

  /// `lunette`, `lunette >= 0.1`, `lunette:files`.
  private static func meaning(of labels: [String], _ reader: ManifestReader) throws -> (
    Set<Capability>, Dependency?
  ) {
    var capabilities: Set<Capability> = []
    var lunette: Dependency?
    for label in labels where label.hasPrefix(pluginLabel) {
      if label.hasPrefix(Capability.prefix) {
        guard let capability = Capability(rawValue: String(label.dropFirst(Capability.prefix.count))) else {
          let known = Capability.allCases.map(\.label).joined(separator: ", ")
          throw reader.error(
            "description.labels", "asks for '\(label)', which does not exist; there are \(known)")
        }
        capabilities.insert(capability)
      } else if let wish = try? Dependency(label), wish.name == pluginLabel {
        lunette = wish
      }
    }
    return (capabilities, lunette)
  }
}

/// Takes fields out one by one, so that what is left at the end was not known.
private struct ManifestReader {
  private var fields: [String: ManifestValue]
  let file: String
  let isGranted: Bool

  init(fields: [String: ManifestValue], file: String, isGranted: Bool) throws {
    self.fields = fields
    self.file = file
    self.isGranted = isGranted
    for name in ["dependencies", "source", "build"] {
      guard let value = fields[name] else { continue }
      guard let here = value.here else {
        throw error(name, "has 'platforms' that cannot be put over the rest")
      }
      self.fields[name] = here
    }
  }

  func error(_ field: String, _ message: String) -> PluginError {
    PluginError("\(file): \(field) \(message)")
  }

  /// Replaces a table by its fields, "source.url" and so on.
  mutating func open(_ name: String, known: Set<String>) throws {
    guard let value = fields.removeValue(forKey: name) else { return }
    guard let table = value.table else { throw error(name, "must be a table") }
    for key in table.keys.sorted() where !known.contains(key) { try refuse("\(name).\(key)") }
    for (key, value) in table where known.contains(key) { fields["\(name).\(key)"] = value }
  }

  private func refuse(_ field: String) throws {
    if !isGranted { throw error(field, "is not a field that plugins may use") }
  }

  /// - Parameter mayHaveLines: else line breaks and tabs are blanks, as several blanks are one.
  mutating func text(_ field: String, mayHaveLines: Bool = false) throws -> String? {
    guard let value = fields.removeValue(forKey: field) else { return nil }
    guard let text = value.string else { throw error(field, "must be a text") }
    return try printable(text, field, mayHaveLines: mayHaveLines)
  }

  /// Whoever reads the text at a terminal sees what is in it, on the lines that it has.
  private func printable(_ text: String, _ field: String, mayHaveLines: Bool) throws -> String {
    let blanks: Set<Unicode.Scalar> = ["\n", "\r", "\t", " "]
    guard text.unicodeScalars.allSatisfy({ blanks.contains($0) || $0.isPrintable }) else {
      throw error(field, "contains control characters, or marks that change the direction of text")
    }
    guard !mayHaveLines else { return text }
    return text.unicodeScalars.split(whereSeparator: blanks.contains).map(String.init).joined(separator: " ")
  }

  mutating func required(_ field: String) throws -> String {
    guard let text = try text(field), !text.isEmpty else { throw error(field, "is missing") }
    return text
  }

  mutating func texts(_ field: String) throws -> [String] {
    guard let value = fields.removeValue(forKey: field) else { return [] }
    guard let texts = value.strings else { throw error(field, "must be a list of texts") }
    return try texts.map { try printable($0, field, mayHaveLines: false) }
  }

  mutating func modules(of plugin: String) throws -> [String: String] {
    guard let value = fields.removeValue(forKey: "build.modules") else { return [:] }
    guard let table = value.table else { throw error("build.modules", "must be a table of files by module") }
    var modules: [String: String] = [:]
    for (module, path) in table {
      guard module == plugin || module.hasPrefix(plugin + ".") else {
        throw error("build.modules", "declares '\(module)': modules of '\(plugin)' expected")
      }
      guard module.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isPart) else {
        throw error("build.modules", "declares '\(module)', which cannot be the name of a module")
      }
      guard let path = path.string, path.hasSuffix(".lua") else {
        throw error(
          "build.modules", "declares '\(module)', which is no .lua file: native code is not installed")
      }
      try check(path, in: "build.modules")
      modules[module] = path
    }
    return modules
  }

  private static func isPart(_ part: Substring) -> Bool {
    !part.isEmpty && !part.contains("/") && !part.contains("\\")
      && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }

  /// A path within the plugin.
  func check(_ path: String, in field: String) throws {
    guard RelativePath.isPlain(path) else {
      throw error(field, "names '\(path)', which is not a path in the plugin")
    }
  }

  func finish() throws {
    if let field = fields.keys.sorted().first { try refuse(field) }
  }
}

/// Paths inside an archive or a plugin.
public enum RelativePath {
  /// Names between single slashes: nothing absolute, no `.` or `..`, nothing hidden, no control characters, nothing that
  /// another system would read as a separator.
  public static func isPlain(_ path: String) -> Bool {
    guard !path.isEmpty, path.utf8.count <= 512 else { return false }
    return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".") && part.utf8.count <= 128
        && part.unicodeScalars.allSatisfy(\.isPrintable)
        && part.utf8.allSatisfy {
          $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: ":")
        }
    }
  }
}
