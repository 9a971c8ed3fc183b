import Encoding
import Glibc
import Notebook
import Platform

/// The folder of a run: displayed values in the order in which they came (`01-cat.png`, …), the report, the record.
final class OutputFolder {
  let path: String
  /// The names of the displayed values, in order.
  private(set) var names: [String] = []
  private var count = 0
  private let lock: FileLock
  /// What an earlier run displayed. It stays until this one has a record of its own.
  private let earlier: [String]

  /// Makes the folder, and waits while another run writes into it.
  init(_ path: String) throws {
    self.path = path
    try Files.makeFolder(path)
    do {
      lock = try FileLock("\(path)/.lock") {
        Terminal.note("\(path): waiting for another run that writes here")
      }
    } catch { throw CommandError(error.description) }
    if !lock.isKept {
      Terminal.note(
        "warning: \(path): this file system has no locks; two runs at once would mix their outputs here")
    }
    // What a run that was killed was about to write.
    for name in Folder.names(in: path) where WholeFile.isDraft(name) { unlink("\(path)/\(name)") }
    let record = (try? Files.read(path + "/run.json")).flatMap { try? JSON(parsing: $0) }
    // Only what a run can have written: a number, a name, no path.
    earlier = (record?.object?["outputs"]?.array?.compactMap(\.string) ?? []).filter {
      $0.first?.isNumber == true && !$0.contains("/")
    }
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

  /// Writes the record of a run that is over, takes away what an earlier one displayed and lets the next one in.
  func finish(record: String) throws {
    defer { lock.release() }
    try write(record, as: "run.json")
    for name in earlier where !names.contains(name) { unlink("\(path)/\(name)") }
  }

  /// Lets the next run in.
  func close() { lock.release() }

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
