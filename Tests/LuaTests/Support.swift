import Testing

@testable import Lua

/// Counts how many of its kind are alive.
final class Live {
  var count = 0
}

final class Counter: LuaUserdata {
  let live: Live
  var value: Int
  let weight: Int

  init(_ live: Live, _ value: Int = 0, weight: Int = 0) {
    self.live = live
    self.value = value
    self.weight = weight
    live.count += 1
  }

  deinit { live.count -= 1 }

  static let luaName = "counter"

  var luaMemory: (owner: AnyObject, bytes: Int)? { weight > 0 ? (self, weight) : nil }

  static func describe(_ type: LuaType<Counter>) throws {
    try type.method("add(n)") { counter, call in counter.value += try call[1] }
    try type.method("copy()") { counter, _ in Counter(counter.live, counter.value) }
    try type.method("fail(message)") { _, call -> LuaMany in throw Complaint(text: try call[1]) }
    type.property("value") {
      $0.value
    } set: { counter, call in
      counter.value = try call[2]
    }
    type.property("twice") { $0.value * 2 }
    type.index { counter, call in counter.value + (try call[1] as Int) }
    type.assignment { counter, call in counter.value = try call[1] as Int * (try call[2] as Int) }
    try type.metamethod("__len") { counter, _ in counter.value }
    try type.metamethod("__tostring") { counter, _ in "counter(\(counter.value))" }
    try type.binary("__add", "+") { call in
      let a = try? call[0] as Counter
      let b = try? call[1] as Counter
      guard let known = a ?? b else { throw LuaArgumentError(0, "counter expected") }
      let left = try a?.value ?? call[0]
      let right = try b?.value ?? call[1]
      return Counter(known.live, left + right)
    }
  }
}

struct Complaint: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}

/// A state with `counter(n)` and a few functions that call back.
struct Bench {
  let lua: LuaState
  let live = Live()

  init(memoryLimit: Int? = nil) throws {
    lua = try LuaState(memoryLimit: memoryLimit)
    let live = live
    try lua.globals.set(
      "counter",
      try lua.function("counter(n, {step, weight})") { call in
        Counter(live, try call[1] ?? 0, weight: try call["weight"] ?? 0)
      })
    try lua.globals.set(
      "apply",
      try lua.function("apply(f, ...)") { call in
        let f: LuaFunction = try call[1]
        let arguments: [LuaValue] = try call.arguments(from: 2)
        return LuaMany(list: try f.call(with: arguments) { try $0.map { try LuaValue.read($0) } })
      })
  }

  func run(_ source: String) throws -> [LuaValue] { try lua.load(source, name: "test.lua").call() }
  func string(_ source: String) throws -> String {
    try lua.load(source, name: "test.lua").call(returning: String.self)
  }
  func integer(_ source: String) throws -> Int {
    try lua.load(source, name: "test.lua").call(returning: Int.self)
  }
  /// The message that running the source fails with.
  func failure(_ source: String) -> String {
    do {
      _ = try run(source)
      return "(no error)"
    } catch { return "\(error)" }
  }
}
