import Foundation
import Testing

@testable import fuzz_readers

/// What the fuzzers start from, and what they found: each input once broke its reader and is read here ever after.
@Suite struct FuzzedReaderTests {
  struct Input: CustomTestStringConvertible, Sendable {
    let reader: Reader
    let path: String
    var testDescription: String { "\(reader.rawValue)/\((path as NSString).lastPathComponent)" }
  }

  static func inputs(_ folder: String) -> [Input] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(folder).path
    return Reader.allCases.flatMap { reader in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(reader.rawValue)")) ?? []
      return names.sorted().map { Input(reader: reader, path: "\(root)/\(reader.rawValue)/\($0)") }
    }
  }

  private func bytes(_ input: Input) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: input.path)))
  }

  @Test func everyReaderHasSeeds() {
    #expect(Set(Self.inputs("Seeds").map(\.reader)) == Set(Reader.allCases))
  }

  @Test(arguments: inputs("Seeds"))
  func seedsAreRead(_ input: Input) throws { try input.reader.check(try bytes(input)) }

  @Test(arguments: inputs("Findings"))
  func findingsStayMended(_ input: Input) throws {
    let bytes = try bytes(input)
    let taken = try Self.mostMemory { try input.reader.check(bytes) }
    #expect(taken < 256 << 20, "a small file that takes more than 256 MB")
  }

  @Test func memoryIsMeasuredAnew() throws {
    func fill(_ megabytes: Int) throws {
      let count = megabytes << 20
      let memory = try #require(malloc(count))
      memset(memory, 1, count)
      free(memory)
    }
    // What was taken and given back before says nothing of what is taken now.
    #expect(try Self.mostMemory { try fill(400) } > 300 << 20)
    #expect(try Self.mostMemory { try fill(1) } < 100 << 20)
    #expect(try Self.mostMemory { try fill(300) } > 200 << 20)
  }

  /// The most bytes that the process held beyond what it held before, while `body` ran.
  private static func mostMemory(_ body: () throws -> Void) throws -> Int {
    // The system's own mark of the most is put back to what is held now.
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"), options: [])
    let before = try kilobytes("VmRSS")
    try body()
    return try (kilobytes("VmHWM") - before) << 10
  }

  private static func kilobytes(_ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
    return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
  }

  @Test func brokenPromisesAreSeen() throws {
    // A script whose last line is cut is written as it came; a check that could not fail would not notice either.
    #expect(throws: BrokenPromise.self) { try promise(false, "x") }
    try promise(true, "x")
  }
}
