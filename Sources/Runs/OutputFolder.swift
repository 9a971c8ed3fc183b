import Encoding
import Glibc
import Notebook
import Platform

/// The folder of a run: displayed values in the order in which they came (`01-cat.png`, …), the report, the record.
public final class OutputFolder {
  public let path: String
  /// The names of the displayed values, in order.
  public private(set) var names: [String] = []
  private var count = 0
  private let lock: FileLock
  /// What an earlier run displayed. It stays until this one has a record of its own.
  private let earlier: [String]

  /// Makes the folder, and waits while another run writes into it.
  ///
  /// - Parameter onNote: takes what is said meanwhile, each a line.
  /// - Throws: `FileError`.
  public init(_ path: String, onNote: (String) -> Void = { _ in }) throws {
    self.path = path
    try Folder.makeWritable(path)
    lock = try FileLock("\(path)/.lock") { onNote("\(path): waiting for another run that writes here") }
    if !lock.isKept {
      onNote(
        "warning: \(path): this file system has no locks; two runs at once would mix their outputs here")
    }
    // What a run that was killed was about to write.
    for name in Folder.names(in: path) where WholeFile.isDraft(name) { unlink("\(path)/\(name)") }
    let record = (try? FileBytes.read(path + "/run.json")).flatMap { try? JSON(parsing: $0) }
    // Only what a run can have written: a number, a name, no path.
    earlier = (record?.object?["outputs"]?.array?.compactMap(\.string) ?? []).filter {
      $0.first?.isNumber == true && !$0.contains("/")
    }
  }

  public func add(_ bundle: MIMEBundle, caption: String?) throws {
    let files = bundle.files
    guard !files.isEmpty else { return }
    count += 1
    let number = (count < 10 ? "0" : "") + String(count)
    let slug = caption.map(Self.slug).flatMap { $0.isEmpty ? nil : $0 } ?? bundle.noun
    for file in files {
      let name = "\(number)-\(slug).\(file.fileExtension)"
      try WholeFile.write(file.bytes, to: "\(path)/\(name)")
      names.append(name)
    }
  }

  public func write(_ text: String, as name: String) throws {
    try WholeFile.write(text, to: "\(path)/\(name)")
  }

  /// Writes the record of a run that is over, takes away what an earlier one displayed and lets the next one in.
  public func finish(record: String) throws {
    defer { lock.release() }
    try write(record, as: "run.json")
    for name in earlier where !names.contains(name) { unlink("\(path)/\(name)") }
  }

  /// Lets the next run in.
  public func close() { lock.release() }

  /// Lets the next run in, and takes the folder away if nothing is in it.
  public func discard() {
    lock.release()
    rmdir(path)
  }

  /// Letters and digits with dashes between: a name that every file system and shell takes.
  public static func slug(_ text: String) -> String {
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
