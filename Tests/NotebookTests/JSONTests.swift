import Notebook
import Testing

@Suite struct JSONTests {
  @Test func keepsOrderAndNumberLiterals() throws {
    let text = #"{"z":1.0,"a":[1e0,-0,true,null],"m":"é\n\u0001"}"#
    #expect(try JSON(parsing: text).text() == text)
  }

  @Test func readsSurrogatePairsAndReplacesLoneOnes() throws {
    #expect(try JSON(parsing: #""\ud83d\ude00""#) == "😀")
    #expect(try JSON(parsing: #""\ud83dx""#) == "\u{FFFD}x")
  }

  @Test func aRepeatedMemberTakesTheLastValue() throws {
    #expect(try JSON(parsing: #"{"a":1,"b":2,"a":3}"#).text() == #"{"a":3,"b":2}"#)
  }

  @Test func indentsAsJupyterDoes() {
    let value: JSON = ["cells": [], "metadata": ["a": [1, 2]]]
    #expect(
      value.text(indent: 1) == "{\n \"cells\": [],\n \"metadata\": {\n  \"a\": [\n   1,\n   2\n  ]\n }\n}")
  }

  @Test(arguments: [
    "", "{", "[1,]", "01", "1.", "\"\u{1}\"", "tru", "{\"a\" 1}", "\"\\x\"", "\"\\u12g4\"", "1 2",
  ])
  func refuses(_ text: String) {
    #expect(throws: NotebookError.self) { try JSON(parsing: text) }
  }

  @Test func refusesHostileNesting() {
    #expect(throws: NotebookError("JSON: nested too deeply (line 1)")) {
      try JSON(parsing: String(repeating: "[", count: 100_000))
    }
  }
}

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
