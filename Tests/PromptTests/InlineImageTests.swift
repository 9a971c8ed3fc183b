import Imaging
import Tensor
import Testing

@testable import Prompt

@Suite struct InlineImageTests {
  /// Red over blue, twice.
  private func image() throws -> Image {
    try Image(Tensor([1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1], shape: [2, 2, 3]))
  }

  @Test func halfBlocks() throws {
    #expect(
      try HalfBlocks.text(image(), columns: 80, rows: 20, hasTrueColor: true)
        == "\u{1B}[38;2;255;0;0m\u{1B}[48;2;0;0;255m▀▀\u{1B}[0m\n")
    #expect(
      try HalfBlocks.text(image(), columns: 80, rows: 20, hasTrueColor: false)
        == "\u{1B}[38;5;196m\u{1B}[48;5;21m▀▀\u{1B}[0m\n")
  }

  @Test func wideImagesAreMadeNarrow() throws {
    let text = try HalfBlocks.text(
      Image(Tensor.zeros([10, 300, 3])), columns: 40, rows: 20, hasTrueColor: true)
    #expect(text.filter { $0 == "▀" }.count == 40)
    let high = try HalfBlocks.text(
      Image(Tensor.zeros([300, 60, 3])), columns: 40, rows: 10, hasTrueColor: true)
    #expect(high.filter { $0 == "▀" }.count == 10 * 4)
  }

  @Test func sixel() throws {
    // Bit 0 is the upper row: '@' is 63 + 1, 'A' is 63 + 2.
    #expect(
      try Sixel.text(image())
        == "\u{1B}Pq\"1;1;2;2#5;2;0;0;100#180;2;100;0;0#5AA$#180@@-\u{1B}\\")
  }

  @Test func protocolsCarryTheFile() throws {
    let png = [UInt8](repeating: 0, count: 6000)
    let kitty = try InlineImage.text(image(), png: png, mode: .kitty, columns: 80, rows: 24)
    #expect(kitty.hasPrefix("\u{1B}_Ga=T,f=100,m=1;AAAA") && kitty.contains("\u{1B}_Gm=0;"))
    #expect(
      try InlineImage.text(image(), png: [1, 2, 3], mode: .iterm, columns: 80, rows: 24)
        == "\u{1B}]1337;File=inline=1:AQID\u{7}\n")
    #expect(try InlineImage.text(image(), png: nil, mode: .none, columns: 80, rows: 24) == "")
  }
}
