import Encoding
import Neural

extension JSON {
  /// Reads and parses a file that Python may have written, numbers that are not finite included; the error names the
  /// file.
  public init(file path: String) throws {
    let file = try MappedFile(path: path)
    do {
      self = try JSON(parsing: file.bytes, allowing: .nonFinite)
    } catch let error as JSONError {
      throw NeuralError("\(path): not valid JSON: \(error.message) at byte \(error.position)")
    }
  }
}
