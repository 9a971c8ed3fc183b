import Glibc
import Tensor

extension Tensor {
  /// The tensor in words: its shape, and its elements where they are few, else what they range over.
  func summary() throws -> String {
    if rank == 0 {
      let value = try item()
      return value.isNaN ? "nan" : "\(value)"
    }
    let head = "tensor \(Shape.text(shape))"
    if count == 0 { return head }
    let columns = shape[rank - 1]
    if rank <= 2, columns <= 10, count <= 100 { return "\(head)\n\(rows(of: columns))" }

    // Of what is repeated, once says as much.
    let own = withoutRepetitions
    let finite = try own.elements().lazy.filter(\.isFinite)
    var (low, high, sum, known) = (Float.infinity, -Float.infinity, 0.0, 0)
    for value in finite {
      (low, high) = (Swift.min(low, value), Swift.max(high, value))
      sum += Double(value)
      known += 1
    }
    let others = known == own.count ? "" : ", \(count / own.count * (own.count - known)) not finite"
    if known == 0 { return head + others }
    return
      "\(head) from \(Self.text(low)) to \(Self.text(high)), mean \(Self.text(Float(sum / Double(known))))"
      + others
  }

  /// One line of numbers per row, aligned to the right.
  private func rows(of columns: Int) -> String {
    let texts = toArray().map(Self.text)
    let width = texts.reduce(0) { Swift.max($0, $1.count) }
    return stride(from: 0, to: texts.count, by: columns).map { start in
      texts[start..<start + columns].map { text in
        "  " + String(repeating: " ", count: width - text.count) + text
      }.joined()
    }.joined(separator: "\n")
  }

  /// Four significant digits: `0.1235`, `1.5e-07`.
  private static func text(_ value: Float) -> String {
    var buffer = [CChar](repeating: 0, count: 32)
    let count = withVaList([Double(value)]) { vsnprintf(&buffer, buffer.count, "%.4g", $0) }
    return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
