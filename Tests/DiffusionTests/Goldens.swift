/// Where the reference numbers are; see Scripts/dev/goldens.
enum Goldens {
  static let directory =
    "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
    .dropLast().joined(separator: "/") + "/Goldens"

  static func path(_ name: String) -> String { "\(directory)/\(name)" }
}
