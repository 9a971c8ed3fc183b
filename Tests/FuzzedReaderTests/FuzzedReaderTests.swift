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
    let before = Self.mostMemory
    try input.reader.check(try bytes(input))
    #expect(Self.mostMemory - before < 256 << 10, "a small file that takes more than 256 MB")
  }

  /// The most memory that the process ever held, in KB.
  private static var mostMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }

  @Test func brokenPromisesAreSeen() throws {
    // A script whose last line is cut is written as it came; a check that could not fail would not notice either.
    #expect(throws: BrokenPromise.self) { try promise(false, "x") }
    try promise(true, "x")
  }
}
