import Encoding
import Testing

@Suite struct Base64Tests {
  @Test(arguments: zip(["", "f", "fo", "foo", "foob"], ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]))
  func bothWays(_ plain: String, _ encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }

  @Test func skipsSpaceAndRefusesOtherText() {
    #expect(Base64.decode("Zm9v\nYg==\n") == Array("foob".utf8))
    #expect(Base64.decode("Zm9!") == nil)
    #expect(Base64.decode("Zg==Zg") == nil)
  }
}
