import Foundation
import Testing

@testable import PluginPackages

@Suite struct ArchiveTests {
  static let spec = """
    package = "maps"
    version = "1.0-1"
    source = { url = "https://example.org/maps.tar.gz" }
    build = { type = "builtin", modules = { maps = "init.lua", ["maps.words"] = "words.lua" }, copy_directories = { "tests" } }
    """
  static let files = [
    "maps-1.0-1.rockspec": spec, "init.lua": "return 1", "words.lua": "return 2", "tests/a_test.lua": "",
    "README.md": "maps",
    "stray.lua": "return 3", ".hidden": "x",
  ]

  private func tree(_ files: [String: String]) -> FileTree { FileTree(files.mapValues { Array($0.utf8) }) }

  // MARK: Archives made by hand

  private func tar(_ entries: [(name: String, kind: String, body: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, kind, body) in entries {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, _ place: Int) {
        for (i, byte) in text.utf8.enumerated() { header[place + i] = byte }
      }
      put(name, 0)
      put("0000644\0", 100)
      put(String(body.utf8.count, radix: 8), 124)
      put(kind, 156)
      put("/etc/passwd", 157)
      put("ustar\u{0}00", 257)
      put("        ", 148)
      let sum = header.reduce(0) { $0 + Int($1) }
      put(String(sum, radix: 8) + "\0", 148)
      bytes += header + Array(body.utf8) + [UInt8](repeating: 0, count: (512 - body.utf8.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: 1024)
  }

  private func failure(_ bytes: [UInt8]) -> String {
    do {
      _ = try Archive.read(bytes)
      return "(no error)"
    } catch { return "\(error)" }
  }

  static let hostilePaths = [
    "../x.lua", "/etc/x.lua", "a/../../x.lua", "..", "a/./b.lua", "a//b.lua", "a\\..\\b.lua", "c:x.lua",
    "a\nb.lua", "./../x",
  ]

  @Test(arguments: hostilePaths)
  func pathsThatLeadOutAreRefused(_ path: String) throws {
    #expect(failure(tar([(path, "0", "x")])).contains("which is not a path within a plugin"))
    let zip = try ZipArchive.write(tree([path: "x"]))
    #expect(failure(zip).contains("which is not a path within a plugin"))
  }

  @Test(arguments: ["1", "2", "3", "4", "6", "7"])
  func linksAndDevicesAreRefused(_ kind: String) {
    #expect(failure(tar([("maps/link", kind, "")])).contains("'maps/link', which is a link or a device"))
  }

  @Test func linksInZipArchivesAreRefused() throws {
    var zip = try ZipArchive.write(tree(["link": "/etc/passwd"]))
    // The mode in the directory's attributes, made that of a link.
    let entry = try #require((0..<zip.count - 4).first { Array(zip[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
    (zip[entry + 40], zip[entry + 41]) = (0xFF, 0xA1)
    #expect(failure(zip).contains("'link', which is a link or a device"))
  }

  /// Any byte may be wrong: the archive is refused, or its files are what they were; a name is all that is not checked.
  @Test func damagedArchivesAreRefused() throws {
    let files = tree(Self.files)
    let expected = Set(files.files.filter { !$0.key.hasPrefix(".") }.values)
    let zip = try ZipArchive.write(files)
    for count in stride(from: 0, to: zip.count, by: 7) {
      #expect(throws: PluginError.self) { try Archive.read(Array(zip[..<count])) }
    }
    var refused = 0
    for place in zip.indices {
      var wrong = zip
      wrong[place] ^= 0xFF
      guard let read = try? Archive.read(wrong) else {
        refused += 1
        continue
      }
      #expect(
        Set(read.files.values).subtracting(expected).subtracting([Array("x".utf8)]) == [], "byte \(place)")
    }
    #expect(refused > zip.count / 2)
    let bodies = [Array("return 1".utf8), Array("return 2".utf8)]
    let tar = tar([("a.lua", "0", "return 1"), ("b.lua", "0", "return 2")])
    // The headers carry a sum; what a file holds does not.
    for start in [0, 1024] {
      // What follows the sum's own digits is free.
      for place in start..<start + 512 where !(start + 148..<start + 156).contains(place) {
        var wrong = tar
        wrong[place] ^= 0xFF
        #expect(throws: PluginError.self, "byte \(place)") { try Archive.read(wrong) }
      }
    }
    #expect(try Set(Archive.read(tar).files.values) == Set(bodies))
    for count in stride(from: 0, through: 2048, by: 64) {
      #expect(throws: PluginError.self) { try Archive.read(Array(tar[..<count])) }
    }
    #expect(failure([]).contains("it is not an archive"))
    #expect(failure(Array("hello".utf8)).contains("it is not an archive"))
    #expect(failure([0x1F, 0x8B] + [UInt8](repeating: 7, count: 100)).contains("damaged"))
  }

  @Test func aZipsChecksumIsHeld() throws {
    var zip = try ZipArchive.write(tree(["a.lua": "return 1"]))
    let text = try #require((0..<zip.count - 8).first { zip[$0..<$0 + 8].elementsEqual("return 1".utf8) })
    zip[text + 7] = UInt8(ascii: "2")
    #expect(failure(zip) == "'a.lua' in it is damaged")
    // Files that the directory's count leaves out would be missing without a word.
    var short = try ZipArchive.write(tree(["a.lua": "return 1", "b.lua": "return 2"]))
    short[short.count - 12] = 1
    #expect(failure(short) == "its zip directory is damaged")
  }

  // MARK: Compressed data

  /// What zlib, in Python, makes of the bytes: `zlib` (bare) or `gzip`.
  private func packed(_ expression: String) throws -> [UInt8] {
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    python.arguments = [
      "python3", "-c",
      """
      import sys, zlib, gzip
      def bare(data):
        c = zlib.compressobj(9, zlib.DEFLATED, -15)
        return c.compress(data) + c.flush()
      sys.stdout.buffer.write(\(expression))
      """,
    ]
    let output = Pipe()
    python.standardOutput = output
    try python.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    python.waitUntilExit()
    try #require(python.terminationStatus == 0)
    return Array(bytes)
  }

  @Test func nothingUnpacksBeyondItsBound() throws {
    let bomb = try packed("bare(bytes(64 << 20))")
    #expect(bomb.count < 100_000)
    let limit = 1 << 20
    #expect(throws: PluginError("it unpacks to more than 1 MiB")) {
      try Inflate.unpack(bomb[...], .none, limit: limit)
    }
    let exact = try packed("bare(bytes(\(limit)))")
    #expect(try Inflate.unpack(exact[...], .none, limit: limit).count == limit)
    let more = try packed("bare(bytes(\(limit + 1)))")
    #expect(throws: PluginError.self) { try Inflate.unpack(more[...], .none, limit: limit) }
    let members = try packed("gzip.compress(bytes(700 << 10)) * 2")
    #expect(throws: PluginError.self) { try Inflate.unpack(members[...], .gzip, limit: limit) }
  }

  @Test func allMembersOfAGzipFileAreRead() throws {
    func unpacked(_ expression: String) throws -> String {
      String(decoding: try Inflate.unpack(packed(expression)[...], .gzip, limit: 1000), as: UTF8.self)
    }
    let (a, b) = ("gzip.compress(b'one ')", "gzip.compress(b'two')")
    #expect(try unpacked("\(a) + \(b)") == "one two")
    #expect(try unpacked("\(a) + gzip.compress(b'') + \(b) + bytes(512)") == "one two")
    for wrong in [
      "\(a) + b'more'", "\(a) + \(b)[:-1]", "\(a) + \(b)[:9]", "\(a) + b'\\x1f'", "\(a) + bytes(3) + \(b)",
    ] { #expect(throws: PluginError.self, "\(wrong)") { try unpacked(wrong) } }
    let bare = try packed("bare(b'one') + b'x'")
    #expect(throws: PluginError.self) { try Inflate.unpack(bare[...], .none, limit: 1000) }
  }

  @Test func aZipThatLiesAboutItsSizeIsStopped() throws {
    let bomb = try packed("bare(bytes(64 << 20))")
    // Declared as ten bytes, then as 4 GB: the first 30 + 4 bytes are the file's header, the directory's entry follows.
    var zip = try ZipArchive.write(FileTree(["bomb": bomb]))
    let entry = try #require((0..<zip.count - 4).last { Array(zip[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
    for header in [8, entry + 10] { zip[header] = 8 }
    for byte in 0..<4 { zip[entry + 24 + byte] = byte == 0 ? 10 : 0 }
    #expect(failure(zip) == "it unpacks to more than 0 MiB")
    for byte in 0..<4 { zip[entry + 24 + byte] = 0xFF }
    #expect(failure(zip).contains("unpacks to more than 1024 MiB"))
  }

  // MARK: Names of tar archives

  private func record(_ key: String, _ value: String) -> String {
    var length = key.utf8.count + value.utf8.count + 3
    while "\(length)".utf8.count + key.utf8.count + value.utf8.count + 3 != length {
      length = "\(length)".utf8.count + key.utf8.count + value.utf8.count + 3
    }
    return "\(length) \(key)=\(value)\n"
  }

  @Test func paxNamesStandAboveGNUNames() throws {
    let (pax, gnu) = (("x", "x", record("path", "pax.lua")), ("l", "L", "gnu.lua\0"))
    func names(_ entries: [(name: String, kind: String, body: String)]) throws -> [String] {
      try Archive.read(tar(entries + [("own.lua", "0", "1"), ("next.lua", "0", "2")])).files.keys.sorted()
    }
    #expect(try names([pax]) == ["next.lua", "pax.lua"])
    #expect(try names([gnu]) == ["gnu.lua", "next.lua"])
    #expect(try names([gnu, pax]) == ["next.lua", "pax.lua"])
    #expect(try names([pax, gnu]) == ["next.lua", "pax.lua"])
    #expect(try names([("x", "x", record("mtime", "1.5")), gnu]) == ["gnu.lua", "next.lua"])
    #expect(try names([("g", "g", record("comment", "abc"))]) == ["next.lua", "own.lua"])
  }

  @Test func whatPaxSaysOfSizesAndHolesIsNotPassedOver() throws {
    let body = String(repeating: "x", count: 512)
    var bytes = tar([("x", "x", record("size", "512")), ("a.lua", "0", body)])
    // The old field says nothing, as of files beyond 8 GB.
    for place in 1024 + 124..<1024 + 136 { bytes[place] = 0 }
    for place in 1024 + 148..<1024 + 156 { bytes[place] = UInt8(ascii: " ") }
    let sum = bytes[1024..<1536].reduce(0) { $0 + Int($1) }
    for (i, byte) in "\(String(sum, radix: 8))\0".utf8.enumerated() { bytes[1024 + 148 + i] = byte }
    #expect(try Archive.read(bytes).files == ["a.lua": Array(body.utf8)])
    #expect(
      failure(tar([("x", "x", record("GNU.sparse.map", "0,1")), ("a.lua", "0", "1")])).contains("with holes"))
    #expect(failure(tar([("g", "g", record("path", "b")), ("a.lua", "0", "1")])).contains("in one header"))
    #expect(failure(tar([("a.lua", "0", "1")]) + tar([("b.lua", "0", "1")])) == "it goes on after its end")
    #expect(failure(Array(tar([("a.lua", "0", "1")])[..<1024])) == "it ends too soon")
    #expect(failure(tar([("x", "x", record("path", "b"))])) == "it ends too soon")
  }

  @Test func theSameFileTwiceIsRefused() {
    #expect(failure(tar([("a", "0", "1"), ("./a", "0", "2")])).contains("it contains 'a' twice"))
  }

  @Test func realArchivesAreRead() throws {
    let folder = NSTemporaryDirectory() + "lunette-\(UUID().uuidString)"
    for (path, text) in Self.files {
      let file = URL(fileURLWithPath: "\(folder)/maps/\(path)")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let expected = try PluginPackage(Disk.read(folder + "/maps"), file: "folder").tree
    for (name, format) in [
      ("a.tar.gz", "--format=gnu"), ("b.tgz", "--format=posix"), ("c.tgz", "--format=ustar"),
    ] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/tar")
      process.arguments = [format, "-czf", "\(folder)/\(name)", "-C", folder, "maps"]
      try process.run()
      process.waitUntilExit()
      #expect(
        try PluginPackage(Archive.read(Disk.readFile("\(folder)/\(name)")), file: name).tree == expected)
    }
  }

  // MARK: Packages

  private func message(_ files: [String: String]) -> String {
    do {
      _ = try PluginPackage(tree(files), file: "maps.rock")
      return "(no error)"
    } catch { return "\(error)" }
  }

  @Test func onlyWhatIsDeclaredIsInstalled() throws {
    let package = try PluginPackage(tree(Self.files.filter { $0.key != ".hidden" }), file: "maps")
    #expect(
      package.tree.files.keys.sorted()
        == ["README.md", "init.lua", "maps-1.0-1.rockspec", "tests/a_test.lua", "words.lua"])
    #expect(package.undeclared == ["stray.lua"])
    #expect(throws: PluginError.self) { try package.checkDeclared() }
    let rock = try package.rock()
    #expect(rock.name == "maps-1.0-1.all.rock")
    #expect(try PluginPackage(Archive.read(rock.bytes), file: "rock").tree == package.tree)
    #expect(try package.rock().bytes == rock.bytes)
  }

  @Test func lyingManifestsAreRefused() {
    func without(_ path: String) -> [String: String] { Self.files.filter { $0.key != path } }
    func with(_ path: String, _ text: String) -> [String: String] { Self.files.merging([path: text]) { $1 } }
    #expect(message(without("words.lua")).contains("declares words.lua as 'maps.words', which is not there"))
    #expect(message(without("tests/a_test.lua")).contains("declares the folder 'tests'"))
    #expect(message(without("maps-1.0-1.rockspec")).contains("there is no rockspec in it"))
    #expect(message(with("other-1-1.rockspec", "")).contains("there are 2 rockspecs"))
    #expect(message(with("init.lua", "\u{1B}Lua")).contains("is bytecode"))
    #expect(message(with("tests/x.lua", "\u{1B}Lua")).contains("is bytecode"))
    #expect(
      message(with("tests/x.so", "ELF")).contains(
        "native code takes the label 'lunette:native' and your grant"))
    #expect(
      message(["other-1.0-1.rockspec": Self.spec, "init.lua": ""])
        .contains("other-1.0-1.rockspec says that it is maps-1.0-1.rockspec"))
    let rock = [
      "maps-1.0-1.rockspec": Self.spec, "lua/maps/init.lua": "", "lua/maps/words.lua": "", "tests/a": "",
    ]
    #expect(message(rock) == "(no error)")
    #expect(
      message(rock.merging(["lua/string.lua": ""]) { $1 }).contains(
        "contains lua/string.lua, which its manifest does not"))
    #expect(message(rock.merging(["lib/maps.so": ""]) { $1 }).contains("native code or programs (lib/)"))
    #expect(message(rock.merging(["bin/maps": ""]) { $1 }).contains("native code or programs (bin/)"))
  }

  @Test func changedFilesAreNoticed() throws {
    let folder = NSTemporaryDirectory() + "lunette-\(UUID().uuidString)"
    let installed = PluginTree(root: folder)
    let package = try PluginPackage(tree(Self.files), file: "maps")
    let entry = try installed.install(package, source: "here", isGranted: false)
    try installed.verify(entry)
    #expect(try installed.list().entries == [entry])
    try Disk.writeFile(Array("return 666".utf8), to: installed.folder(entry) + "/init.lua")
    #expect(throws: PluginError.self) { try installed.verify(entry) }
    try installed.install(package, source: "here", isGranted: true)
    #expect(try installed.list().entries.map(\.granted) == [[]])
    try installed.remove(try #require(installed.list().entries.first))
    #expect(!Disk.exists(installed.folder(entry)))
    #expect(throws: PluginError.self) { try installed.verify(entry) }
  }

  @Test func linksInFoldersAreRefused() throws {
    let folder = NSTemporaryDirectory() + "lunette-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/init.lua", withDestinationPath: "/etc/passwd")
    do {
      _ = try Disk.read(folder)
      Issue.record("read")
    } catch { #expect("\(error)".contains("'init.lua', which is a link or a device")) }
  }

  @Test func lockFilesAreChecked() throws {
    let path = NSTemporaryDirectory() + "lunette-\(UUID().uuidString).lock"
    #expect(try LockFile(path: path).entries.isEmpty)
    let sum = String(repeating: "0", count: 64)
    for (text, message) in [
      ("{", "at byte"), ("{}", "no list of plugins"),
      (#"{"lunette_plugins": 1, "plugins": [{}]}"#, "an entry without a name"),
      (#"{"lunette_plugins": 1, "plugins": [{"name": "../x"}]}"#, "an entry without a name"),
      (#"{"lunette_plugins": 1, "plugins": [{"name": "x", "version": "../../y-1"}]}"#, "'x' has no version"),
      (#"{"lunette_plugins": 1, "plugins": [{"name": "x", "version": "1-1"}]}"#, "'x' has no sha256"),
      (
        #"{"lunette_plugins": 1, "plugins": [{"name": "x", "version": "1-1", "sha256": "\#(sum)", "granted": ["all"]}]}"#,
        "a grant that does not exist"
      ),
    ] {
      try Disk.writeFile(Array(text.utf8), to: path)
      do {
        _ = try LockFile(path: path)
        Issue.record("accepted: \(text)")
      } catch { #expect("\(error)".hasPrefix(path) && "\(error)".contains(message), "\(error)") }
    }
  }
}
