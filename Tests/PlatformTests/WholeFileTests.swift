import Foundation
import Platform
import Testing

@Suite struct WholeFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func text(_ path: String) throws -> String {
    String(decoding: try FileBytes.read(path), as: UTF8.self)
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : 0
  }

  @Test func nothingIsThereBeforeItIsWhole() throws {
    let path = folder("a")
    let file = try WholeFile(path)
    try file.append(Array("hel".utf8))
    #expect(folder.names.count == 1 && folder.names.allSatisfy(WholeFile.isDraft))
    try file.append(Array("lo".utf8))
    try file.commit()
    #expect(folder.names == ["a"])
    #expect(try text(path) == "hello")
  }

  @Test func theOldOneStaysUntilThen() throws {
    let path = folder("a")
    try WholeFile.write("old", to: path)
    do {
      let file = try WholeFile(path)
      try file.append(Array("new".utf8))
      #expect(try text(path) == "old")
      // It goes without being committed.
    }
    #expect(try text(path) == "old")
    #expect(folder.names == ["a"])
  }

  @Test func twoAtOnceAreBothWhole() throws {
    let path = folder("a")
    let (one, other) = (try WholeFile(path), try WholeFile(path))
    try one.append(Array("one".utf8))
    try other.append(Array("other".utf8))
    try other.commit()
    #expect(try text(path) == "other")
    try one.commit()
    #expect(try text(path) == "one")
    #expect(folder.names == ["a"])
  }

  @Test func permissionsStay() throws {
    let path = folder("a")
    try WholeFile.write("old", to: path)
    #expect(mode(path) & 0o111 == 0)
    for wanted: mode_t in [0o600, 0o755, 0o666] {
      chmod(path, wanted)
      try WholeFile.write("new", to: path)
      #expect(mode(path) & 0o777 == wanted)
    }
  }

  @Test func linksAreFollowed() throws {
    try Folder.make(folder("elsewhere"))
    try WholeFile.write("old", to: folder("elsewhere/real"))
    for (link, target) in [("link", "elsewhere/real"), ("new", "elsewhere/later"), ("twice", "link")] {
      #expect(symlink(target, folder(link)) == 0)
      try WholeFile.write(link, to: folder(link))
      #expect(mode(folder(link)) & S_IFMT == S_IFLNK)
      #expect(try text(folder(link)) == link)
    }
    #expect(try text(folder("elsewhere/real")) == "twice")
    #expect(Folder.names(in: folder("elsewhere")) == ["later", "real"])
    #expect(symlink("circle", folder("circle")) == 0)
    #expect(message { try WholeFile.write("x", to: folder("circle")) } != nil)
  }

  /// Another name of the same file, which somebody may have made to be written to, keeps what it had.
  @Test func otherNamesKeepTheOldFile() throws {
    try WholeFile.write("old", to: folder("a"))
    #expect(link(folder("a"), folder("b")) == 0)
    try WholeFile.write("new", to: folder("a"))
    #expect(try text(folder("b")) == "old")
  }

  @Test func pipesAndDevicesAreWrittenTo() throws {
    try WholeFile.write("gone", to: "/dev/null")
    #expect(
      message { try WholeFile.write("x", to: "/dev/full") } == "/dev/full: No space left on device")
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    let reader = open(folder("pipe"), O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try WholeFile.write("through", to: folder("pipe"))
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = read(reader, &bytes, 16)
    #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "through")
    #expect(folder.names == ["pipe"])
  }

  @Test func refusals() throws {
    #expect(
      message { try WholeFile.write("", to: folder("no/a")) } == folder("no/a: No such file or directory"))
    #expect(message { try WholeFile.write("", to: folder.path) } == folder.path + ": a folder, not a file")
    try WholeFile.write("x", to: folder("a"))
    #expect(message { try WholeFile.write("", to: folder("a/b")) } == folder("a/b: Not a directory"))
    chmod(folder("a"), 0o400)
    if geteuid() != 0 {
      #expect(message { try WholeFile.write("", to: folder("a")) } == folder("a: Permission denied"))
    }
  }

  @Test func namesAsLongAsTheyCanBe() throws {
    for name in [String(repeating: "x", count: 255), String(repeating: "ä", count: 127), "a\nb", ".hidden"] {
      try WholeFile.write(name, to: folder(name))
      #expect(try text(folder(name)) == name)
    }
    #expect(folder.names.count == 4)
  }

  @Test func draftsAreKnownByTheirNames() {
    #expect(WholeFile.isDraft(".a.png.0123456789abcdef.part"))
    for name in [
      "a.part", ".a.part", ".a.0123456789abcdef", ".a.0123456789abcdeg.part", ".part", "", "..part",
    ] {
      #expect(!WholeFile.isDraft(name))
    }
  }

  @Test func bytesOfAnyNumber() throws {
    for count in [0, 1, 65535, 65536, 65537, 3 << 20] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      try WholeFile.write(bytes, to: folder("a"))
      #expect(try FileBytes.read(folder("a")) == bytes)
      #expect(try FileBytes.read(folder("a"), isRegular: false) == bytes)
    }
    #expect(message { _ = try FileBytes.read(folder("a"), limit: 100) } == folder("a: larger than 100 bytes"))
    #expect(message { _ = try FileBytes.read("/dev/null") } == "/dev/null: not a file")
    #expect(try FileBytes.read("/dev/null", isRegular: false).isEmpty)
    #expect(try !FileBytes.read("/proc/self/status").isEmpty, "its size is said to be 0")
  }

  /// What has no end, and what is larger than any memory, is refused before it takes all.
  @Test(arguments: [true, false]) func bytesWithoutEnd(isRegular: Bool) throws {
    #expect(truncate(create("a"), 1 << 42) == 0)
    func read(_ path: String, limit: Int = FileBytes.largest) -> String? {
      message { _ = try FileBytes.read(path, isRegular: isRegular, limit: limit) }
    }
    #expect(read(folder("a")) == folder("a: larger than 1073741824 bytes"))
    #expect(read(folder("a"), limit: .max) == folder("a: Cannot allocate memory"))
    #expect(
      read("/dev/zero") == (isRegular ? "/dev/zero: not a file" : "/dev/zero: larger than 268435456 bytes"))
    #expect(
      read("/dev/zero", limit: 9) == (isRegular ? "/dev/zero: not a file" : "/dev/zero: larger than 9 bytes"))
  }

  private func create(_ name: String) -> String {
    close(open(folder(name), O_CREAT | O_WRONLY, 0o600))
    return folder(name)
  }
}
