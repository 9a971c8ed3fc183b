import Lua
import Models

/// A prompt's tokens as a list of `{ id=, text=, word=, position= }`, which also carries `ids` (padded), `eot` (position of the
/// first end-of-text token), `words` and, where the prompt was too long, `truncated` (what was cut).
struct LuaTokens: LuaPushable {
  let tokenization: Tokenization

  init(_ tokenization: Tokenization) { self.tokenization = tokenization }

  func push(to state: LuaState) throws {
    let tokens = tokenization.tokens
    let table = try state.table(list: tokens.count, fields: 4)
    for (place, token) in tokens.enumerated() {
      let fields = LuaFields([
        ("id", token.id), ("text", token.text), ("word", token.word), ("position", token.position + 1),
      ])
      try table.set(place + 1, fields)
    }
    try table.set("ids", tokenization.ids)
    try table.set("eot", (tokens.last?.position ?? 0) + 1)
    try table.set("words", tokenization.words)
    try table.set("truncated", tokenization.truncated)
    try table.push(to: state)
  }
}
