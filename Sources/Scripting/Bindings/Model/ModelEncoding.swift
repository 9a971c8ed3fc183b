import Lua
import Models
import Sampling
import Tensor

extension LuaModel {
  static let forms = ["text", "ids", "soft", "rows"]

  /// `model:encode(text, {…})`, or `model:encode{ text =, … }` and the other forms of what is encoded.
  static func describeEncoding(_ type: LuaType<LuaModel>) throws {
    try type.method("encode(text, {chunks, weights, hooks, record, patch})") { model, call in
      if call.slot(1).kind == .string {
        return try model.encoded(call.argument(1, as: PromptText.self).text, call.options)
      }
      let keys = forms + ["chunks", "weights"] + ProbeOptions.keys
      let options = try call.options(at: 1, keys: keys)
      guard call.slot(2).isNothing else {
        throw LuaArgumentError(2, "no second table expected: options go into the first")
      }
      let given = try forms.filter { try options.has($0) }
      if given.count > 1 { throw options.complaint(given[1], "cannot go together with '\(given[0])'") }
      for key in ["chunks", "weights"] where try options.has(key) && given != ["text"] {
        throw options.complaint(key, "goes only together with 'text'")
      }
      if let text: PromptText = try options["text"] { return try model.encoded(text.text, options) }
      let (hooks, record) = try ProbeOptions.read(options)
      let text: TextConditioning
      if let soft: Tensor = try options["soft"] {
        text = try model.pipeline.conditioning(soft: soft, hooks: hooks)
      } else if let rows: Tensor = try options["rows"] {
        text = try model.pipeline.conditioning(rows: rows, hooks: hooks)
      } else if let ids: [Int] = try options["ids"] {
        text = try model.checked(ids, argument: 1) {
          try model.pipeline.conditioning(ids: $0, hooks: hooks)
        }
      } else {
        throw LuaArgumentError(1, "a text, or a table with text, ids, soft or rows expected")
      }
      return LuaMany(try EncodedText.tokens(text), record.map { LuaRecord($0) })
    }
  }

  private func encoded(_ text: String, _ options: LuaOptions) throws -> LuaMany {
    let (hooks, record) = try ProbeOptions.read(options)
    let (chunks, weights): (Bool?, Bool?) = (try options["chunks"], try options["weights"])
    let known = try pipeline.conditioning(
      text, chunks: chunks ?? false, weights: weights ?? false, hooks: hooks)
    return LuaMany(try EncodedText.tokens(known), record.map { LuaRecord($0) })
  }
}
