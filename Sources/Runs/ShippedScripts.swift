import Lua
import Platform
import Scripting

/// The experiments that come with the program: `lunette run daam` runs one by its name.
public enum ShippedScripts {
  /// The script that is meant: a file, or else a shipped one of that name.
  ///
  /// - Throws: `RunError` that names the nearest one for a bare name that is neither.
  public static func path(of name: String) throws -> String {
    guard !FileBytes.canRead(name), !name.contains("/") else { return name }
    guard let folder = Installation.scriptFolder else {
      guard !name.contains(".") else { return name }
      throw RunError("there is no file '\(name)'\(Installation.absenceHint)")
    }
    let shipped = "\(folder)/\(name.hasSuffix(".lua") ? name : name + ".lua")"
    if FileBytes.canRead(shipped) { return shipped }
    guard !name.contains(".") else { return name }
    let hint = nearestName(to: name, among: names(in: folder)).map { "; did you mean '\($0)'?" } ?? ""
    throw RunError(
      "there is no file '\(name)', and no script of that name came with Lunette "
        + "(\(names(in: folder).joined(separator: ", ")))\(hint)")
  }

  private static func names(in folder: String) -> [String] {
    Installation.scriptNames(in: folder)
  }
}
