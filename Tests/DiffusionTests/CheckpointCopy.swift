import Foundation

/// A copy of a test checkpoint that a test may damage; removed at the end.
final class CheckpointCopy {
  let path: String

  init(of name: String) throws {
    path = FileManager.default.temporaryDirectory.appending(path: "lunette-test-\(UUID().uuidString)").path
    try FileManager.default.copyItem(atPath: Goldens.path(name), toPath: path)
  }

  /// A checkpoint with the files of another folder in place of its own.
  convenience init(of name: String, with other: String) throws {
    try self.init(of: name)
    let place = URL(fileURLWithPath: Goldens.path(other))
    for file in try FileManager.default.subpathsOfDirectory(atPath: place.path) {
      var isDirectory: ObjCBool = false
      let source = place.appending(path: file).path
      guard FileManager.default.fileExists(atPath: source, isDirectory: &isDirectory), !isDirectory.boolValue
      else { continue }
      try? FileManager.default.removeItem(atPath: "\(path)/\(file)")
      try FileManager.default.copyItem(atPath: source, toPath: "\(path)/\(file)")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }

  func write(_ text: String, to file: String) throws {
    try text.write(toFile: "\(path)/\(file)", atomically: true, encoding: .utf8)
  }

  /// Sets one key of a JSON file; nil removes it.
  func set(_ key: String, _ value: Any?, in file: String) throws {
    let url = URL(fileURLWithPath: "\(path)/\(file)")
    var object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
    object[key] = value
    try JSONSerialization.data(withJSONObject: object).write(to: url)
  }

  func truncate(_ file: String, by bytes: Int) throws {
    let url = URL(fileURLWithPath: "\(path)/\(file)")
    try Data(contentsOf: url).dropLast(bytes).write(to: url)
  }
}
