import Foundation
import Platform
import Synchronization
import Testing

@Suite struct FolderTests: Sendable {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func make(_ name: String, _ text: String) throws {
    try Folder.make(folder("\(name)/inner"))
    try WholeFile.write(text, to: folder("\(name)/inner/file"))
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try FileBytes.read(folder("\(name)/inner/file")), as: UTF8.self)
  }

  @Test func replacesFolders() throws {
    for text in ["first", "second", "third"] {
      try make("draft", text)
      try Folder.replace(folder("place"), by: folder("draft"))
      #expect(try self.text("place") == text)
      #expect(folder.names == ["place"])
    }
  }

  /// Whoever looks meanwhile always finds a folder, and never half of one.
  @Test func thereIsAlwaysAFolder() throws {
    try make("place", "whole")
    let isDone = Atomic(false)
    let missing = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      guard index == 0 else {
        while !isDone.load(ordering: .relaxed) {
          if !Folder.exists(folder("place")) { missing.add(1, ordering: .relaxed) }
        }
        return
      }
      for _ in 0..<50 {
        try? make("draft", "whole")
        try? Folder.replace(folder("place"), by: folder("draft"))
      }
      isDone.store(true, ordering: .relaxed)
    }
    let count = missing.load(ordering: .relaxed)
    #expect(count == 0)
    #expect(try text("place") == "whole")
  }

  @Test func removesWhatIsInIt() throws {
    try make("place", "x")
    try WholeFile.write("kept", to: folder("kept"))
    #expect(symlink("../kept", folder("place/link")) == 0)
    Folder.remove(folder("place"))
    #expect(folder.names == ["kept"])
  }

  @Test func makesFolders() throws {
    try Folder.make(folder("a/b/c"))
    try Folder.make(folder("a/b/c"))
    try WholeFile.write("", to: folder("file"))
    #expect(message { try Folder.make(folder("file/x")) } == folder("file/x: Not a directory"))
    #expect(message { try Folder.make(folder("file")) } == folder("file: Not a directory"))
  }

  @Test func oneAtATimeHoldsALock() throws {
    let path = folder("lock")
    let counter = folder("counter")
    try WholeFile.write("0", to: counter)
    let failures = Mutex([String]())
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<10 {
        do {
          let lock = try FileLock(path)
          let count = Int(String(decoding: try FileBytes.read(counter), as: UTF8.self)) ?? -1000
          try WholeFile.write("\(count + 1)", to: counter)
          lock.release()
        } catch { failures.withLock { $0.append("\(error)") } }
      }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(String(decoding: try FileBytes.read(counter), as: UTF8.self) == "80")
    #expect(folder.names == ["counter"], "no lock stays behind")
  }

  @Test func whoWaitsIsTold() throws {
    let path = folder("lock")
    var first: FileLock? = try FileLock(path) { Issue.record("nobody holds it") }
    let isWaiting = Atomic(false)
    let hasIt = Atomic(false)
    let thread = Thread {
      _ = try? FileLock(path) { isWaiting.store(true, ordering: .sequentiallyConsistent) }
      hasIt.store(true, ordering: .sequentiallyConsistent)
    }
    thread.start()
    while !isWaiting.load(ordering: .sequentiallyConsistent) { usleep(1000) }
    let tooEarly = hasIt.load(ordering: .sequentiallyConsistent)
    #expect(!tooEarly)
    first?.release()
    first = nil
    while !hasIt.load(ordering: .sequentiallyConsistent) { usleep(1000) }
    #expect(folder.names == [])
  }
}
