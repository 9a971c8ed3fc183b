import Encoding
import Glibc
import Platform

/// Writes what one attempt at a part measures: `parts/PART-ATTEMPT.jsonl.tmp`, which becomes a `.jsonl` once it is on the disk.
///
/// Each line reaches the system in one write, so that a process that is killed has lost nothing but the line that it was about to
/// write; what the machine itself loses when it fails is at most what was written since the last `finish`. While it lives, the writer
/// holds a lock on its draft: who finds one that is not held knows that nobody will finish it.
public final class PartWriter {
  private let folder: String
  private let label: String
  private let header: String
  private var draft: (descriptor: Int32, path: String)?
  private var count = 0
  private var written = 0
  /// Long files are finished and new ones begun, after so many bytes or seconds.
  private static let longest = 16 << 20
  private static let seconds = 30.0
  private var began = 0.0

  /// - Parameter folder: the sweep's, which has `parts`.
  public init(folder: String, part: SweepPart, plan: SweepPlan) {
    self.folder = folder
    var random = SystemRandomNumberGenerator()
    label = "\(part.label)-\(String(random.next() | 1 << 63, radix: 16))"
    header = PartLine.text([
      ("sweep", .string(plan.name)), ("fingerprint", .string(plan.fingerprint)), ("format", 1),
    ])
  }

  deinit { if let draft { close(draft.descriptor) } }

  public func append(_ records: [SweepRecord]) throws(FileError) {
    if draft == nil { try open() }
    guard let draft else { return }
    let text = PartLine.text(of: records)
    try Self.write(text, to: draft)
    written += text.utf8.count
    if written >= Self.longest || Clock.now - began >= Self.seconds { try finish() }
  }

  /// What was written so far is a part file from here on, and on the disk; so are the pictures that it speaks of.
  public func finish() throws(FileError) {
    guard let draft else { return }
    self.draft = nil
    defer { close(draft.descriptor) }
    Folder.synchronizeFileSystem(of: draft.descriptor)
    while fsync(draft.descriptor) != 0 { if errno != EINTR { throw .last(draft.path) } }
    guard rename(draft.path, String(draft.path.dropLast(4))) == 0 else { throw .last(draft.path) }
    Folder.synchronize("\(folder)/parts")
  }

  private func open() throws(FileError) {
    count += 1
    let path = "\(folder)/parts/\(label).\(count).jsonl.tmp"
    let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .last(path) }
    flock(file, LOCK_EX | LOCK_NB)
    (draft, written, began) = ((file, path), 0, Clock.now)
    try Self.write(header, to: (file, path))
  }

  private static func write(_ text: String, to file: (descriptor: Int32, path: String)) throws(FileError) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(file.descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last(file.path) }
      bytes = bytes.dropFirst(count)
    }
  }
}
