@testable import Encoding
import Testing

struct JSONTests {
  @Test func valuesAreRead() throws {
    let text =
      #" {"a": [1, -2.5, 1e3, true, false, null], "b": {"c": "x\n\"\\A\u00e9\ud83d\ude00é😀"}, "": 0} "#
    let json = try JSON(parsing: text)
    #expect(json["a"]?.array == [.number(1), .number(-2.5), .number(1000), .bool(true), .bool(false), .null])
    #expect(json["b"]?["c"]?.string == "x\n\"\\Aé😀é😀")
    #expect(json.object?.keys == ["a", "b", ""])
    #expect(json["none"] == nil)
  }

  @Test func whatIsWrittenReadsTheSame() throws {
    let text = #"{"z":[1,0.1,-3,[]],"a":{"k":"\"\\\n\u0001é"},"n":null}"#
    let json = try JSON(parsing: text)
    #expect(json.description == text)
  }

  @Test(arguments: [
    "", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "01", "-", "1.", "1e", ".5", "+1", "tru", "nul", "\"",
    "\"\\",
    "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\t\"", "1 2", "[1 2]",
    "1e999",
    "NaN", "Infinity", "-Infinity", "{\"a\":1,\"a\":2}", "\u{feff}1",
  ])
  func malformedTextIsRefused(text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
  }

  @Test func numbersThatPythonWrites() throws {
    let json = try JSON(parsing: "[-Infinity, Infinity, NaN]", allowing: .nonFinite)
    #expect(json.array?[0].double == -.infinity && json.array?[1].double == .infinity)
    #expect(json.array?[2].double?.isNaN == true)
    #expect(json.array?[0].int == nil)
    #expect(throws: JSONError.self) { try JSON(parsing: "-Infinit", allowing: .nonFinite) }
  }

  @Test func onlyWholeNumbersAreInts() throws {
    #expect(JSON.number(3).int == 3 && JSON.number(3.5).int == nil && JSON.number(1e17).int == nil)
    #expect(JSON.number(-9_007_199_254_740_992).int == -9_007_199_254_740_992)
    #expect(JSON.number(Double.infinity) == .null)
    #expect(try JSON(parsing: "9007199254740993").double == 9_007_199_254_740_992)
  }

  @Test func orderAndLiteralsOfNumbersAreKept() throws {
    let text = #"{"z":1.0,"a":[1e0,-0,true,null,123456789012345678901],"m":"é\n\u0001"}"#
    let json = try JSON(parsing: text)
    #expect(json.text() == text)
    #expect(json == ["m": "é\n\u{1}", "a": [1, 0, true, nil, 123_456_789_012_345_678_901.0], "z": 1])
  }

  @Test func whatPythonReadsIsReadOnRequest() throws {
    #expect(try JSON(parsing: #""\ud83dx""#, allowing: .python) == "\u{FFFD}x")
    #expect(try JSON(parsing: #""\ud83d\u0041""#, allowing: .python) == "\u{FFFD}A")
    #expect(try JSON(parsing: #"{"a":1,"b":2,"a":3}"#, allowing: .python).text() == #"{"a":3,"b":2}"#)
    #expect(try JSON(parsing: "\u{feff}1", allowing: .python) == 1)
    #expect(try JSON(parsing: [0x22, 0xff, 0x22], allowing: .python) == "\u{FFFD}")
    #expect(try JSON(parsing: "[1e999]", allowing: .python).text() == "[1e999]")
  }

  @Test func membersComeAndGo() {
    var object: JSON.Object = ["a": 1, "b": 2, "c": 3]
    object["a"] = nil
    object["c"] = 4
    object["d"] = 5
    #expect(object.keys == ["b", "c", "d"] && object["c"] == 4 && object["a"] == nil)
  }

  @Test func indentsAsJupyterDoes() {
    let value: JSON = ["cells": [], "metadata": ["a": [1, 2]]]
    #expect(
      value.text(indent: 1) == "{\n \"cells\": [],\n \"metadata\": {\n  \"a\": [\n   1,\n   2\n  ]\n }\n}")
  }

  @Test func hostileNestingIsRefused() {
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
  }

  @Test func aFaultNamesItsPlace() {
    #expect(throws: JSONError(message: "expected a key", position: 5, line: 2)) {
      try JSON(parsing: "{\n   1}")
    }
  }
}
