import Encoding
import Neural
import Platform

extension JSON {
  /// Reads and parses a file that Python may have written, numbers that are not finite included; the error names the
  /// file.
  public init(file path: String) throws {
    do {
      self = try MappedFile(path: path).read { try JSON(parsing: $0, allowing: .nonFinite) }
    } catch let error as FileError {
      throw NeuralError(error)
    } catch let error as JSONError {
      throw NeuralError("\(path): not valid JSON: \(error.message) at byte \(error.position)")
    }
  }
}
