import Encoding

/// The settings of a published class, by what they are here. A setting that is in none of the lists is refused, so that
/// a new one is never ignored.
public struct ClassSettings: Sendable {
  /// Read, or checked to have the one value that is supported; null is refused, as it stands for something of its own.
  let used: Set<String>
  /// Read; null is the class's own default.
  var nullable: Set<String> = []
  /// They matter in training, in half precision, or only together with a setting that is refused.
  var withoutInfluence: Set<String> = []
}

extension Configuration {
  /// Throws at the first setting that would change the result and is not honoured.
  func check(_ settings: ClassSettings) throws {
    for key in settings.used where json.object?[key] == .null {
      throw PipelineError("\(path): \(key) = null is not supported")
    }
    try rejectUnknown(
      known: settings.used.union(settings.nullable).union(settings.withoutInfluence))
    // diffusers puts its own defaults in the place of these, whatever the file says.
    if json["_use_default_values"]?.array?.isEmpty == false {
      throw PipelineError("\(path): _use_default_values is not supported")
    }
  }
}
