/// A value of a manifest, as data.
indirect enum ManifestValue: Equatable {
  case string(String)
  case number(Double)
  case boolean(Bool)
  case list([ManifestValue])
  case table([String: ManifestValue])
  /// A list that is another one elsewhere: `{ "a", platforms = { windows = { "b" } } }`.
  case listByPlatform([ManifestValue], platforms: ManifestValue)

  var string: String? { if case .string(let value) = self { value } else { nil } }
  var strings: [String]? {
    guard case .list(let items) = self else { return nil }
    let strings = items.compactMap(\.string)
    return strings.count == items.count ? strings : nil
  }
  var table: [String: ManifestValue]? {
    switch self {
    case .table(let fields): fields
    case .list(let items) where items.isEmpty: [:]
    default: nil
    }
  }
}

extension ManifestValue {
  /// From the general to the special, as LuaRocks goes through them here; others' overrides mean nothing.
  private static let platforms = ["unix", "linux"]

  /// The value as it is on this platform: what `platforms` has for it put over the rest, as LuaRocks does.
  ///
  /// - Returns: nil where `platforms` is not a table of tables, or does not go with the rest.
  var here: ManifestValue? {
    var value: ManifestValue
    let overrides: ManifestValue
    switch self {
    case .table(var fields):
      guard let platforms = fields.removeValue(forKey: "platforms") else { return self }
      (value, overrides) = (fields.isEmpty ? .list([]) : .table(fields), platforms)
    case .listByPlatform(let items, let platforms): (value, overrides) = (.list(items), platforms)
    default: return self
    }
    guard let tables = overrides.table else { return nil }
    for name in Self.platforms {
      guard let override = tables[name] else { continue }
      guard let merged = value.overlaid(with: override) else { return nil }
      value = merged
    }
    return value
  }

  /// Field by field, and lists place by place.
  private func overlaid(with other: ManifestValue) -> ManifestValue? {
    switch (self, other) {
    case (.table(var fields), .table(let others)):
      for (key, value) in others {
        guard let old = fields[key] else {
          fields[key] = value
          continue
        }
        guard let merged = old.overlaid(with: value) else { return nil }
        fields[key] = merged
      }
      return .table(fields)
    case (.list(let items), .list(let others)):
      return .list(others + items.dropFirst(others.count))
    case (.list(let items), .table(let fields)): return items.isEmpty || fields.isEmpty ? other : nil
    case (.table, .list(let items)): return items.isEmpty ? self : nil
    case (_, .listByPlatform): return nil
    default: return other
    }
  }
}
