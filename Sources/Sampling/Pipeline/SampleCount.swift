import Models

/// The rule by which lists of a request go together.
enum SampleCount {
  /// The number of pictures that fields of these lengths ask for.
  ///
  /// - Throws: `PipelineError` that names two fields whose lengths do not go together, or an empty one.
  static func resolve(_ fields: [(setting: Setting, count: Int)]) throws -> Int {
    var widest: (setting: Setting, count: Int)?
    for field in fields where field.count != 1 {
      guard field.count > 0 else { throw PipelineError("\(field.setting) is empty") }
      if let widest, widest.count != field.count {
        throw PipelineError(
          "\(widest.setting) has \(widest.count) entries and \(field.setting) has \(field.count): "
            + "lists must be equally long, a single entry goes with all")
      }
      widest = field
    }
    return widest?.count ?? 1
  }
}

extension Array {
  /// The entry of a picture: its own, or the only one.
  func cycled(_ sample: Int) -> Element { count == 1 ? self[0] : self[sample] }
}
