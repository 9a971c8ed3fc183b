import Encoding
import Foundation
import Testing

@testable import Notebook

/// Against what jupytext 1.19.6 reads (Scripts/dev/goldens/notebooks.py).
@Suite struct JupytextTests {
  private static let golden: JSON? = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let data = try? Data(contentsOf: folder.appendingPathComponent("Goldens/jupytext.json"))
    return data.flatMap { try? JSON(parsing: [UInt8]($0), allowing: .python) }
  }()

  @Test func linesAreReadAsJupytextReadsThem() throws {
    let lines = try #require(Self.golden?["lines"]?.array)
    #expect(lines.count > 400)
    for entry in lines {
      let line = try #require(entry["line"]?.string)
      let marker = CellMarker(line: line)
      #expect(marker?.kind.rawValue == entry["kind"]?.string, "\(line)")
      guard let marker else { continue }
      #expect(JSON.object(marker.metadata) == entry["metadata"], "\(line): \(marker.metadata.members)")
      #expect(CellMarker(line: marker.line) == marker, "\(line): \(marker.line)")
    }
  }

  @Test func headersAreReadAsJupytextReadsThem() throws {
    let headers = try #require(Self.golden?["headers"]?.array)
    #expect(headers.count > 60)
    for entry in headers {
      let script = try #require(entry["script"]?.string)
      var document = try Document(percent: script)
      #expect(document.percent() == script)
      document.metadata["jupytext"] = nil
      #expect(JSON.object(document.metadata) == entry["metadata"], "\(script)")
      // Written anew, too.
      document.metadata["new"] = 1
      let written = try Document(percent: document.percent())
      #expect(written.metadata == document.metadata, "\(document.percent())")
    }
  }
}

@Suite struct YAMLTests {
  @Test(arguments: [
    ("a: [", "did not find expected node content"), ("a: *b", "no value has the anchor 'b' yet"),
    ("a: !python/object x", "a value tagged !python/object cannot be read"),
    ("a: !!binary aGk=", "a value tagged !!binary cannot be read"),
    ("a: !!set {x, y}", "a value tagged !!set cannot be read"), ("? [a]\n: b", "a list as a key"),
    ("a: 1\n---\nb: 2", "more than one document"), ("a: {<<: 3}", "'<<' takes in maps only, not a number"),
    ("a: &x [*x]", "no value has the anchor 'x' yet"), ("a: !!int x", "a value tagged !!int cannot be read"),
    ("a:\n\tb: 1", "found character that cannot start any token"),
    ("a: \u{7}", "control characters are not allowed"),
  ])
  func refuses(_ text: String, _ message: String) {
    #expect(throws: YAMLError.self) { try YAMLReader.value(of: text) }
    do { _ = try YAMLReader.value(of: text) } catch { #expect((error as? YAMLError)?.message == message) }
  }

  @Test func whatExpandsOrNestsWithoutEndIsRefusedQuickly() {
    var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let alias = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      laughs += "a\(level): &a\(level) [\(alias)]\n"
    }
    let long =
      "a: &a \(String(repeating: "x", count: 60_000))\nb: [" + String(repeating: "*a, ", count: 100) + "]"
    let deep = String(repeating: "[", count: 100_000)
    for (text, message) in [
      (laughs, "too many values once its aliases are followed"),
      (long, "too many values once its aliases are followed"),
      (deep, "nested too deeply"), (String(repeating: "- ", count: 5000), "nested too deeply"),
      (String(repeating: "x", count: 2 << 20), "more than 1 MB of text"),
    ] {
      do {
        _ = try YAMLReader.value(of: text)
        Issue.record("read: \(text.prefix(40))")
      } catch {
        #expect((error as? YAMLError)?.message == message)
      }
    }
  }

  @Test func aFaultInTheHeaderNamesItsLine() {
    let script = "#!/bin/x\n-- ---\n-- title: a\n-- jupyter:\n--   a: 1\n--   b: [\n-- ---\n\nx = 1\n"
    #expect(throws: NotebookError.self) { try Document(percent: script) }
    do { _ = try Document(percent: script) } catch {
      #expect("\(error)".hasPrefix("line ") && "\(error)".contains("the notebook's header cannot be read"))
      #expect("\(error)".contains("line 6") || "\(error)".contains("line 7"))
    }
    // Without notebook metadata, the lines may say whatever they like.
    #expect(
      (try? Document(percent: "-- ---\n-- [ just a frame\n-- ---\nx = 1\n"))?.cells.last?.source == "x = 1")
  }
}
