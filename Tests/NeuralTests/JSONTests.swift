import Neural
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
    let json = try JSON(parsing: "[-Infinity, Infinity, NaN]", allowsNonFinite: true)
    #expect(json.array?[0] == .number(-.infinity) && json.array?[1].double == .infinity)
    #expect(json.array?[2].double?.isNaN == true)
    #expect(json.array?[0].int == nil)
    #expect(throws: JSONError.self) { try JSON(parsing: "-Infinit", allowsNonFinite: true) }
  }

  @Test func onlyWholeNumbersAreInts() throws {
    #expect(JSON.number(3).int == 3 && JSON.number(3.5).int == nil && JSON.number(1e17).int == nil)
    #expect(JSON.number(-9_007_199_254_740_992).int == -9_007_199_254_740_992)
    #expect(try JSON(parsing: "9007199254740993").double == 9_007_199_254_740_992)
  }
}
