import Glibc

/// What a worker of a `WorkerPool` does: measures the units that it reads of, and says so.
public enum SweepWorker {
  /// - Parameter isAskedToEnd: after which the unit at hand is finished and no other begun.
  public static func serve(_ run: SweepRun, retriesFailures: Bool, isAskedToEnd: () -> Bool) throws {
    tell("ready\n")
    var (text, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while !isAskedToEnd() {
      if let end = text.firstIndex(of: 0x0A) {
        let line = String(decoding: text[..<end], as: UTF8.self)
        text.removeFirst(end + 1)
        for unit in line.split(separator: " ").compactMap({ Int($0) }) where !isAskedToEnd() {
          var (measured, failed) = (0, 0)
          try run.measure([unit], retriesFailures: retriesFailures, onUnit: { (measured, failed) = ($0, $1) })
          tell("\(unit) \(measured) \(failed)\n")
        }
        continue
      }
      let count = read(WorkerPool.feedDescriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      text += chunk[..<count]
    }
    try run.finish()
  }

  /// If nobody listens any more, what was measured counts all the same.
  private static func tell(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(WorkerPool.reportDescriptor, $0.baseAddress, $0.count) }
  }
}
