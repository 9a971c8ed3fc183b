import Foundation
import Testing

@testable import Scripting

@Suite struct NewFolderTests {
  /// The nearest folder that is there decides, however many are missing below it.
  @Test func theNearestFolderDecides() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("lunette-\(UUID())").path
    try FileManager.default.createDirectory(atPath: root + "/mine", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createSymbolicLink(atPath: root + "/mine/out", withDestinationPath: root)
    let access = FileAccess(readable: [], writable: [root + "/mine"], subject: "the plugin 'a'")
    for path in ["", "/", "/x", "/x/y/z", "/./x"] { try access.checkNewFolder(root + "/mine" + path) }
    for path in ["/x", "/mine/../x", "/mine/x/../../y", "/mine/out", "/mine/out/x/y", "/minex/y"] {
      #expect(throws: ScriptingError.self, "\(path)") { try access.checkNewFolder(root + path) }
    }
    try FileAccess.unrestricted.checkNewFolder("/nowhere/at/all")
  }
}
