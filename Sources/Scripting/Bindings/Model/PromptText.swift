import Lua

/// A text that a model reads. Elsewhere bytes that are no UTF-8 are repaired; here that would be another text than the script's.
struct PromptText: LuaReadable {
  let text: String

  static func read(_ slot: LuaSlot) throws -> PromptText {
    guard let text = slot.withBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw LuaMismatch(expected: "string", got: slot)
    }
    guard let text else { throw LuaMismatch("text in UTF-8 expected, got bytes in another encoding") }
    return PromptText(text: text)
  }
}
