import Lua
import Models

extension Bindings {
  /// `lunette.text`: text as tokenizers of prompts see it. Lua's own functions know only the letters of ASCII.
  static func addText(to lunette: LuaModule) throws {
    let text = try lunette.module("text")

    try text.function("lower(text)") { call in PromptSplitter.lowercased(try call[1]) }

    try text.function("words(text)") { call in PromptSplitter.words(of: try call[1]) }

    try text.function("find(words, text)") { call in
      LuaList(
        PromptSplitter.places(of: try call[2], in: try call[1]).map { [$0.lowerBound + 1, $0.upperBound] })
    }
  }
}
