import Encoding
import Testing

struct HexadecimalTests {
  @Test func everyByteIsTwoDigits() {
    #expect([UInt8]([0, 9, 10, 127, 255]).hexadecimal == "00090a7fff")
    #expect([UInt8]().hexadecimal == "")
  }
}
