import Notebook
import Testing

@testable import Scripting

/// What `print` and `lunette.display` make of values.
@Suite struct ShowingTests {
  private func outputs(_ source: String) throws -> [Output] { try Session().run(source) }

  private func printed(_ source: String) throws -> String {
    try outputs(source).map { if case .stream(_, let text) = $0 { text } else { "" } }.joined()
  }

  @Test func tablesArePrintedWithTheirContents() throws {
    #expect(
      try printed("print({ 1, 'two', a = { b = true } }, nil, 3)")
        == "{ 1, \"two\", a = { b = true } }\tnil\t3\n")
    #expect(try printed("print(setmetatable({}, { __tostring = function() return 'mine' end }))") == "mine\n")
    #expect(try printed("print({})") == "{}\n")
  }

  @Test func picturesAreShownTogetherAndAtASize() throws {
    let setup = "local t, image = lunette.tensor, lunette.image\nlocal a = image.new(t.zeros{ 8, 4, 3 })\n"
    func sizes(_ call: String) throws -> [String] {
      try outputs(setup + call).compactMap { output in
        if case .display(let bundle, _) = output { bundle.plainText } else { nil }
      }
    }
    #expect(try sizes("lunette.display(a)") == ["image 4 × 8"])
    #expect(try sizes("lunette.display(a, { size = 64 })") == ["image 32 × 64"])
    #expect(try sizes("lunette.display(a, { size = 4 })") == ["image 2 × 4"])
    #expect(try sizes("lunette.display({ a, a }, { columns = 2 })") == ["image 12 × 8"])
    #expect(try sizes("lunette.display({ a, 1 })") != ["image 12 × 8"])
    // A page that enlarges small pictures is told how large this one is to be.
    func widths(_ call: String) throws -> [Int?] {
      try outputs(setup + call).compactMap { output in
        if case .display(_, let metadata) = output { metadata["image/png"]?["width"]?.int } else { nil }
      }
    }
    #expect(try widths("lunette.display(a, { size = 64 })") == [32])
    #expect(try widths("lunette.display({ a, a }, { size = 64, columns = 2 })") == [68])
    #expect(try widths("lunette.display(image.animation({ a, a }), { size = 64 })") == [32])
    #expect(try widths("lunette.display(a)") == [nil])
    let labelled = try outputs(setup + "lunette.display({ a, a }, { size = 64, labels = { 'x', 'y' } })")
    guard case .display(let bundle, _) = labelled.first, let svg = bundle[.svg]?.text else {
      Issue.record("a grid with labels is a drawing")
      return
    }
    #expect(svg.contains("width=\"32\" height=\"64\""))
    for (call, message) in [
      ("lunette.display(3, { size = 4 })", "option 'size': goes only with pictures"),
      ("lunette.display({ a }, { columns = 0 })", "integer of at least 1 expected, got 0"),
      ("lunette.display(a, { size = 0 })", "pixels from 1 to 16384 expected, got 0"),
      ("a:crop(1, 1, 9, 1)", "integer from 1 to 8 expected, got 9"),
      ("a:crop(0, 1, 1, 1)", "integer from 1 to 8"),
      ("_ = a + 'x'", "image, tensor or number expected"),
    ] {
      let failures = try outputs(setup + call).compactMap {
        if case .error(let failure) = $0 { failure.message } else { nil }
      }
      #expect(failures.first?.contains(message) == true, "\(call): \(failures)")
    }
  }
}
