import Testing

@testable import Notebook

/// Which form of a value goes where.
@Suite struct MIMETypeTests {
  private func bundle(_ types: [MIMEType]) -> MIMEBundle {
    var bundle = MIMEBundle()
    for type in types { bundle[type] = .init(Array("x".utf8), as: type) }
    return bundle
  }

  @Test(arguments: [
    // what a value has, what a page shows, what files are made, and what they are called
    (["text/plain", "image/png"], "image/png", ["png"], "image"),
    (["image/png", "image/svg+xml", "text/plain"], "image/svg+xml", ["png", "html"], "image"),
    (["text/plain", "text/html", "text/csv"], "text/html", ["csv"], "table"),
    (["text/plain", "application/json"], "application/json", ["json"], "value"),
    (["text/plain", "text/markdown"], "text/markdown", ["md"], "value"),
    (["text/plain"], "text/plain", ["txt"], "value"),
    (["image/webp"], "image/webp", ["bin"], "image"),
    (["application/vnd.x+json"], "application/vnd.x+json", ["json"], "value"),
    (["text/html", "image/png", "image/svg+xml"], "text/html", ["png", "html"], "image"),
  ])
  func theBestFormIsChosen(_ types: [String], _ page: String, _ files: [String], _ noun: String) {
    for order in [types, types.reversed()] {
      let bundle = self.bundle(order.map { MIMEType($0) })
      #expect(bundle.forPage?.type.name == page)
      #expect(bundle.files.map(\.fileExtension) == files)
      #expect(bundle.noun == noun)
    }
  }

  @Test(arguments: [
    ("image/png", true), ("image/x-other", true), ("audio/wav", true), ("application/pdf", true),
    ("image/svg+xml", false), ("text/plain", false), ("application/json", false),
    ("application/x-new", false),
  ])
  func bytesAndTextAreToldApart(_ name: String, _ isBinary: Bool) {
    let type = MIMEType(name)
    #expect(type.isBinary == isBinary)
    #expect(MIMEBundle.Content(Array("x".utf8), as: type) == (isBinary ? .bytes([0x78]) : .text("x")))
  }

  /// Text is repaired; of what only may be text, nothing is lost.
  @Test func bytesThatAreNoText() {
    #expect(MIMEBundle.Content([0x61, 0xFF], as: .plain) == .text("a\u{FFFD}"))
    #expect(MIMEBundle.Content([0x61, 0xFF], as: "application/x-new") == .bytes([0x61, 0xFF]))
  }
}
