import Foundation
import Platform

/// A folder for one test, removed with everything in it at the end.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = try Folder.makeUnique(FileManager.default.temporaryDirectory.path + "/lunette-test-")
  }

  deinit { Folder.remove(path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  var names: [String] { Folder.names(in: path) }
}

/// What a closure throws, in words; nil if it throws nothing.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch { return "\(error)" }
}
