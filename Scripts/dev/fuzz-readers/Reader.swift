import Encoding
import Imaging
import LuaSyntax
import Models
import Notebook
import PluginPackages
import Tensor
import Weights

/// A reader of files that may come from strangers, and what it promises whatever their bytes are: it ends, with a value or with
/// an error of one line, and what it read it can write and read again.
enum Reader: String, CaseIterable {
  case npy, manifest, safetensors, png, jpeg, tokenizer, ipynb, percent, json

  /// Reads `bytes`; throws a `BrokenPromise` if the reader did not keep what it promises.
  func check(_ bytes: [UInt8]) throws {
    do {
      switch self {
      case .npy: try Self.npy(bytes)
      case .manifest: try Self.manifest(bytes)
      case .safetensors: try Self.safetensors(bytes)
      case .png: try Self.picture(Image(pngData: bytes))
      case .jpeg: try Self.picture(Image(jpegData: bytes))
      case .tokenizer: try Self.tokenizer(bytes)
      case .ipynb: try Self.ipynb(bytes)
      case .percent: try Self.percent(bytes)
      case .json: try Self.json(bytes)
      }
    } catch let broken as BrokenPromise {
      throw broken
    } catch {
      let message = "\(error)"
      try promise(!message.isEmpty, "an error without a message")
      try promise(!message.utf8.contains(UInt8(ascii: "\n")), "an error of several lines: \(message)")
    }
  }

  private static func npy(_ bytes: [UInt8]) throws {
    let tensor = try Tensor(numPy: bytes)
    try promise(tensor.count <= bytes.count, "more numbers than the file has bytes")
    let again = try Tensor(numPy: tensor.numPyBytes())
    try promise(again.shape == tensor.shape, "another shape")
    try promise(bits(again) == bits(tensor), "other numbers")
  }

  private static func manifest(_ bytes: [UInt8]) throws {
    let manifest = try Manifest(String(decoding: bytes, as: UTF8.self), file: "x-1-1.rockspec")
    for path in manifest.folders + manifest.modules.values {
      try promise(RelativePath.isPlain(path), "a path that leads out: \(path)")
    }
    try promise(PluginName.isValid(manifest.name), "a name that is none: \(manifest.name)")
    try promise(
      PluginVersion("\(manifest.version)") == manifest.version, "a version that is not what it says")
    for dependency in manifest.dependencies {
      _ = dependency.admits(manifest.version)
      try promise(
        try Dependency(dependency.text) == dependency, "a dependency that is not what it says: \(dependency)")
    }
  }

  private static func safetensors(_ bytes: [UInt8]) throws {
    let folder = try ScratchFolder()
    try folder.write(bytes, "x.safetensors")
    let file = try SafetensorsFile(path: folder.path("x.safetensors"))
    let tensors = try file.tensors()
    try SafetensorsFile.write(tensors, to: folder.path("y.safetensors"), metadata: file.metadata)
    let again = try SafetensorsFile(path: folder.path("y.safetensors"))
    try promise(again.metadata == file.metadata, "other metadata")
    for (name, tensor) in tensors {
      let copy = try again.tensor(named: name)
      try promise(copy.shape == tensor.shape, "another shape of '\(name)'")
      try promise(bits(copy) == bits(tensor), "other numbers in '\(name)'")
    }
  }

  /// As other programs' files are read, and as Python's are.
  private static func json(_ bytes: [UInt8]) throws {
    var error: (any Error)?
    for leniency: JSONLeniency in [[], .python] {
      do {
        let value = try JSON(parsing: bytes, allowing: leniency)
        for text in [value.text(), value.text(indent: 1)] {
          let again = try JSON(parsing: text, allowing: leniency)
          try promise(again.text() == value.text(), "another value: \(again.text())")
        }
        try promise(
          leniency == .python || (try? JSON(parsing: bytes, allowing: .python)) != nil,
          "leniency that is stricter")
      } catch let broken as BrokenPromise {
        throw broken
      } catch let found { error = found }
    }
    if let error { throw error }
  }

  private static func bits(_ tensor: Tensor) -> [UInt32] {
    tensor.withUnsafeBuffer { $0.map(\.bitPattern) }
  }

  private static func picture(_ image: Image) throws {
    let samples = image.tensor.withUnsafeBuffer { Array($0) }
    try promise(samples.allSatisfy { (0...1).contains($0) }, "samples outside of [0, 1]")
    let copy = try Image(pngData: try image.pngData())
    try promise(copy.tensor.shape == image.tensor.shape, "another shape")
    try promise(try copy.pngData() == image.pngData(), "another picture")
  }

  /// The input is four texts with NUL between them: `tokenizer.json` or `vocab.json`, `merges.txt` (none for
  /// `tokenizer.json`), `tokenizer_config.json`, and a prompt.
  private static func tokenizer(_ bytes: [UInt8]) throws {
    let parts = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false).map(Array.init)
    guard parts.count == 4 else { return }
    let folder = try ScratchFolder()
    try folder.write(parts[0], parts[1].isEmpty ? "tokenizer.json" : "vocab.json")
    if !parts[1].isEmpty { try folder.write(parts[1], "merges.txt") }
    if !parts[2].isEmpty { try folder.write(parts[2], "tokenizer_config.json") }
    let tokenizer = try Tokenizer(directory: folder.path)
    let tokens = tokenizer.tokenize(String(decoding: parts[3], as: UTF8.self))
    try promise(tokens.ids.count == tokenizer.maximumLength, "\(tokens.ids.count) ids")
    try promise(tokens.ids.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) }, "ids of no token")
    _ = tokenizer.detokenize(tokens.ids)
  }

  private static func ipynb(_ bytes: [UInt8]) throws {
    let document = try Document(ipynb: bytes)
    let written = document.ipynb()
    let again = try Document(ipynb: Array(written.utf8))
    try promise(again.ipynb() == written, "a notebook that changes when it is written again")
    _ = Report(document: document, fallbackTitle: "x").html()
    let script = document.percent()
    // What a script cannot hold: line breaks other than "\n", blank lines at the end of code, code that is unfinished in a
    // way that takes what follows into it.
    guard !document.cells.contains(where: { $0.source.utf8.contains(0x0D) || takesMarker($0) }) else {
      return
    }
    let back = try Document(percent: script)
    try promise(back.cells.map(core) == document.cells.map(core), "cells that a script changes:\n\(script)")
    try promise(
      back.cells.map { "\($0.kind) \($0.attachments?.text() ?? "") \(JSON.object(sorted($0.metadata)))" }
        == document.cells.map {
          "\($0.kind) \($0.attachments?.text() ?? "") \(JSON.object(sorted($0.metadata)))"
        },
      "kinds or metadata that a script changes:\n\(script)")
    try promise(back.percent() == script, "a script that changes when it is written:\n\(script)")
  }

  private static func sorted(_ object: JSON.Object) -> JSON.Object {
    var result = JSON.Object()
    for (key, value) in object.members.sorted(by: { $0.0 < $1.0 }) { result[key] = value }
    return result
  }

  /// Whether Lua would not see a comment in the line after `cell`: a long string, say, is still open.
  private static func takesMarker(_ cell: Cell) -> Bool {
    let end = cell.source.utf8.count + 1
    return cell.kind == .code
      && !LuaLexer.tokens(of: cell.source + "\n-- %%\n").contains { $0.range.lowerBound == end }
  }

  /// The text without what is layout.
  private static func core(_ cell: Cell) -> [Substring] {
    let lines = cell.source.split(separator: "\n", omittingEmptySubsequences: false)
    guard cell.kind == .code else { return lines }
    return lines.reversed().drop { $0.unicodeScalars.allSatisfy(\.properties.isWhitespace) }.reversed()
  }

  private static func percent(_ bytes: [UInt8]) throws {
    _ = try Document(percent: String(decoding: bytes, as: UTF8.self)).percent()
    var text = String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self)
    while text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    if !text.isEmpty, text.utf8.last != 0x0A { text += "\n" }
    let document = try Document(percent: text)
    let written = document.percent()
    try promise(written == text, "a script that changes when it is written:\n\(written)")
    let through = try Document(ipynb: Array(document.ipynb().utf8)).percent()
    try promise(through == text, "a script that changes through a notebook:\n\(through)")
    // Written anew, without what the script looked like, it says the same.
    var plain = Document(
      cells: document.cells.map { Cell(kind: $0.kind, source: $0.source, metadata: $0.metadata) })
    plain.metadata = document.metadata
    if !document.cells.contains(where: takesMarker) {
      let again = try Document(percent: plain.percent())
      try promise(
        again.cells.map(core) == document.cells.map(core),
        "other cells when written anew:\n\(plain.percent())")
      try promise(
        again.cells.map { "\($0.kind) \(JSON.object(sorted($0.metadata)))" }
          == plain.cells.map { "\($0.kind) \(JSON.object(sorted($0.metadata)))" },
        "other kinds or metadata when written anew:\n\(plain.percent())")
      let (old, new) = (sorted(plain.metadata), sorted(again.metadata))
      let isOwn = plain.metadata["kernelspec"]?["name"] == "lunette" || plain.metadata["papermill"] != nil
      try promise(
        isOwn || "\(JSON.object(old))" == "\(JSON.object(new))" || old == new,
        "other metadata when written anew")
    }
    _ = Report(document: document, fallbackTitle: "x").html()
  }
}

/// What a reader did that it must not.
struct BrokenPromise: Error, CustomStringConvertible {
  let description: String
}

func promise(_ isKept: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String) throws {
  if try !isKept() { throw BrokenPromise(description: message()) }
}
