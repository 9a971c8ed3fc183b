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
    #expect(failure(tar([(path, "0", "x")])).contains("which is no path within a plugin"))
    let zip = try ZipArchive.write(tree([path: "x"]))
    #expect(failure(zip).contains("which is no path within a plugin"))
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

  @Test func damagedArchivesAreRefused() throws {
    let zip = try ZipArchive.write(tree(Self.files))
    for count in stride(from: 0, to: zip.count, by: 7) {
      #expect(throws: PluginError.self) { try Archive.read(Array(zip[..<count])) }
    }
    // Any byte may be wrong: never a trap, and what is read is whole.
    for place in zip.indices {
      var wrong = zip
      wrong[place] ^= 0xFF
      if let read = try? Archive.read(wrong) { #expect(read.files.values.allSatisfy { $0.count < 10_000 }) }
    }
    let tar = tar([("a.lua", "0", "return 1"), ("b.lua", "0", "return 2")])
    for place in stride(from: 0, to: 1536, by: 3) {
      var wrong = tar
      wrong[place] ^= 0xFF
      _ = try? Archive.read(wrong)
    }
    #expect(failure([]).contains("it is no archive"))
    #expect(failure(Array("hello".utf8)).contains("it is no archive"))
    #expect(failure([0x1F, 0x8B] + [UInt8](repeating: 7, count: 100)).contains("damaged"))
  }

  @Test func aZipThatLiesAboutItsSizeIsStopped() throws {
    // 1 GB of zeros, deflated by zlib to a megabyte, declared as 10 bytes.
    var zip = try ZipArchive.write(tree(["bomb": "0123456789"]))
    let entry = try #require((0..<zip.count - 4).first { Array(zip[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
    zip[entry + 10] = 8
    #expect(failure(zip) != "(no error)")
    var large = try ZipArchive.write(tree(["bomb": "0123456789"]))
    for byte in 0..<4 { large[entry + 24 + byte] = 0xFF }
    #expect(failure(large).contains("unpacks to more than"))
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
