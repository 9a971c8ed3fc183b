import Lua
import Models
import Sampling
import Tensor

/// What `model:encode` returns: the tokens, which have the pooled text beside them in families that take one.
enum EncodedText {
  private struct Pooled: Sendable { let tensor: Tensor }

  static func tokens(_ text: TextConditioning) throws -> Tensor {
    guard let pooled = text.pooled else { return text.tokens }
    // Storage of its own: a view's would be found by the pooled text of others.
    let tokens = try text.tokens.clone()
    tokens.storage.companion = Pooled(tensor: pooled)
    return tokens
  }

  /// The pooled text of the text that `tokens` are; nil where a model made none, and for what was computed from them.
  static func pooled(of tokens: Tensor) -> Tensor? { (tokens.storage.companion as? Pooled)?.tensor }
}

/// The option `size`: what models that are told of sizes are told.
enum SizeArgument {
  static func read(_ options: LuaOptions) throws -> PictureSizes? {
    guard let table = try options.table("size", keys: ["original", "crop", "target"]) else { return nil }
    var sizes = PictureSizes()
    sizes.original = try pair(table, "original", "{ height, width }", above: 0)
    sizes.target = try pair(table, "target", "{ height, width }", above: 0)
    if let crop = try pair(table, "crop", "{ top, left }", above: -Double.infinity) { sizes.crop = crop }
    return sizes
  }

  private static func pair(
    _ table: LuaOptions, _ key: String, _ what: String, above limit: Double
  ) throws -> (Double, Double)? {
    guard let numbers: [Double] = try table[key] else { return nil }
    guard numbers.count == 2, numbers.allSatisfy({ $0.isFinite && $0 > limit }) else {
      throw table.complaint(key, "\(what) in pixels expected")
    }
    return (numbers[0], numbers[1])
  }
}
