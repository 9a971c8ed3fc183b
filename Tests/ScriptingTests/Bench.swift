import Glibc
import Lua
import Testing

@testable import Scripting

/// A Lua state with `lunette` in it, and `t` for `lunette.tensor`.
struct Bench {
  let lua: LuaState
  private let host = ScriptHost()

  init() throws {
    lua = try LuaState()
    lua.host = host
    let lunette = try lua.module()
    try Bindings.add(to: lunette)
    try lua.globals.set("lunette", lunette.table)
    _ = try run("t, linalg, image = lunette.tensor, lunette.linalg, lunette.image")
  }

  @discardableResult
  func run(_ source: String) throws -> [LuaValue] { try lua.load(source, name: "test.lua").call() }

  func text(_ expression: String) throws -> String {
    try lua.load("return tostring(\(expression))", name: "test.lua").call(returning: String.self)
  }

  func number(_ expression: String) throws -> Double {
    try lua.load("return \(expression)", name: "test.lua").call(returning: Double.self)
  }

  /// The numbers of a tensor, or of a list.
  func numbers(_ expression: String) throws -> [Double] {
    try lua.load("return \(expression)", name: "test.lua").call(returning: Numbers.self).values
  }

  func sizes(_ expression: String) throws -> [Int] {
    try lua.load("return (\(expression)):size()", name: "test.lua").call(returning: [Int].self)
  }

  /// Whether the source returns true.
  func holds(_ source: String) throws -> Bool {
    try lua.load("return \(source)", name: "test.lua").call(returning: Bool.self)
  }

  /// The message that running the source fails with, without the script's name and line.
  func failure(_ source: String) -> String {
    do {
      try run(source)
      return "(no error)"
    } catch {
      let message = "\(error)"
      return message.hasPrefix("test.lua:1: ") ? String(message.dropFirst(12)) : message
    }
  }
}

/// A folder that is there while `body` runs.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  var template = Array("/tmp/lunette-XXXXXX".utf8CString)
  try #require(mkdtemp(&template) != nil)
  let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { remove(folder) }
  return try body(folder)
}
