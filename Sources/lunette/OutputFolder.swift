import Encoding
import Glibc
import Notebook

/// The folder of a run: displayed values in the order in which they came (`01-cat.png`, …), the report, the record.
final class OutputFolder {
  let path: String
  /// The names of the displayed values, in order.
  private(set) var names: [String] = []
  private var count = 0

  /// Makes the folder, and takes away what an earlier run of the same script displayed.
  init(_ path: String) throws {
    self.path = path
    try Files.makeFolder(path)
    let record = (try? Files.read(path + "/run.json")).flatMap { try? JSON(parsing: $0) }
    for name in record?.object?["outputs"]?.array?.compactMap(\.string) ?? [] {
      // Only what a run can have written: a number, a name, no path.
      guard name.first?.isNumber == true, !name.contains("/") else { continue }
      unlink("\(path)/\(name)")
    }
    for name in ["report.html", "run.json"] { unlink("\(path)/\(name)") }
  }

  func add(_ bundle: MIMEBundle, caption: String?) throws {
    let files = bundle.files
    guard !files.isEmpty else { return }
    count += 1
    let number = (count < 10 ? "0" : "") + String(count)
    let slug = caption.map(Self.slug).flatMap { $0.isEmpty ? nil : $0 } ?? Self.kind(of: bundle)
    for file in files {
      let name = "\(number)-\(slug).\(file.fileExtension)"
      try Files.write(file.bytes, to: "\(path)/\(name)")
      names.append(name)
    }
  }

  func write(_ text: String, as name: String) throws {
    try Files.write(Array(text.utf8), to: "\(path)/\(name)")
  }

  private static func kind(of bundle: MIMEBundle) -> String {
    if bundle["image/svg+xml"] != nil { return "plot" }
    if bundle.types.contains(where: { $0.hasPrefix("image/") }) { return "image" }
    if bundle["text/csv"] != nil { return "table" }
    return "value"
  }

  /// Letters and digits with dashes between: a name that every file system and shell takes.
  static func slug(_ text: String) -> String {
    var slug = ""
    for character in text.lowercased() {
      if character.isASCII, character.isLetter || character.isNumber {
        slug.append(character)
      } else if !slug.isEmpty, !slug.hasSuffix("-") {
        slug.append("-")
      }
      if slug.count >= 40 { break }
    }
    while slug.hasSuffix("-") { slug.removeLast() }
    return slug
  }
}
