import Foundation
import Platform
import Testing

@Suite struct MappedFileTests: Sendable {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ count: Int) throws -> String {
    try WholeFile.write([UInt8](repeating: 1, count: count), to: folder("a"))
    return folder("a")
  }

  private func sum(_ bytes: UnsafeRawBufferPointer) -> Int { bytes.reduce(0) { $0 + Int($1) } }

  @Test func readsAllOfIt() throws {
    #expect(try MappedFile(path: file(100_000)).read(sum) == 100_000)
    #expect(try MappedFile(path: file(0)).read(sum) == 0)
  }

  /// At its start, within a page, between pages: what is read is gone, and that is an error and no signal.
  @Test(arguments: [0, 1, 4096, 5000, 99_999])
  func aFileThatIsCutShort(_ rest: Int) throws {
    let path = try file(100_000)
    let mapped = try MappedFile(path: path)
    #expect(truncate(path, off_t(rest)) == 0)
    let expected =
      "\(path): another program cut the file short while it was read: it had 100000 bytes, now it has \(rest)"
    #expect(message { _ = try mapped.read(sum) } == expected)
    #expect(message { try mapped.check() } == expected)
  }

  /// Its own fault is not what counts then.
  @Test func theCauseIsNamed() throws {
    struct OfZeros: Error {}
    let path = try file(100_000)
    let mapped = try MappedFile(path: path)
    #expect(truncate(path, 0) == 0)
    let said = message {
      try mapped.read { bytes in
        if sum(bytes) == 0 { throw OfZeros() }
      }
    }
    #expect(said?.contains("cut the file short") == true)
  }

  @Test func aFileThatGrowsAgain() throws {
    let path = try file(100_000)
    let mapped = try MappedFile(path: path)
    #expect(truncate(path, 0) == 0)
    _ = try? mapped.read(sum)
    try FileManager.default.removeItem(atPath: path)
    #expect(message { _ = try mapped.read(sum) } != nil)
  }

  @Test func aFileThatIsWrittenInto() throws {
    let path = try file(100_000)
    let mapped = try MappedFile(path: path)
    usleep(20_000)  // the file system's clock ticks only so often
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.write(contentsOf: Data([9, 9]))
    try handle.close()
    #expect(
      message { _ = try mapped.read(sum) } == "\(path): another program changed the file while it was read")
  }

  @Test func aFileThatIsReplaced() throws {
    let path = try file(100_000)
    let mapped = try MappedFile(path: path)
    try WholeFile.write("other", to: path)
    #expect(try mapped.read(sum) == 100_000, "it is still the old one")
    unlink(path)
    #expect(try mapped.read(sum) == 100_000)
  }

  @Test func onManyThreads() throws {
    let path = try file(4 << 20)
    let mapped = try MappedFile(path: path)
    let wasNoticed = (0..<8).map { _ in Flag() }
    DispatchQueue.concurrentPerform(iterations: 9) { index in
      guard index > 0 else {
        usleep(2000)
        _ = truncate(path, 4096)
        return
      }
      while (try? mapped.read(sum)) != nil {}
      wasNoticed[index - 1].isSet = true
    }
    #expect(wasNoticed.allSatisfy { $0.isSet })
  }

  private final class Flag: @unchecked Sendable { var isSet = false }

  @Test func whatIsNoFile() throws {
    #expect(message { _ = try MappedFile(path: folder.path) } == "\(folder.path): a folder, not a file")
    #expect(message { _ = try MappedFile(path: "/dev/zero") } == "/dev/zero: not a file")
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(message { _ = try MappedFile(path: folder("pipe")) } == folder("pipe: not a file"))
    #expect(message { _ = try SHA256(file: folder("none")) } == folder("none: No such file or directory"))
  }
}
