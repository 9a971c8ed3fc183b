import CYAML
import Encoding

/// A fault in YAML text.
struct YAMLError: Error, Equatable {
  let message: String
  /// The line of the text, from 1.
  let line: Int
}

/// Reads one YAML document into what JSON can say, by libyaml and the types of YAML 1.1 as PyYAML resolves them.
///
/// Dates stay the text that they are. Whatever JSON has no place for (binary data, sets, tags of programs, keys that are
/// lists) is refused. Aliases are followed up to a size that no header comes near: ten lines of them can stand for a
/// billion values.
struct YAMLReader {
  private static let mostBytes = 1 << 20
  private static let mostDepth = 100
  private static let mostValues = 100_000

  /// What a value costs with its aliases followed.
  private struct Size {
    var values = 0
    var bytes = 0
  }

  private let events: YAMLEvents
  private var anchors: [String: (value: JSON, size: Size)] = [:]
  private var size = Size()
  private var depth = 0

  /// - Throws: `YAMLError`.
  static func value(of text: String) throws -> JSON {
    guard text.utf8.count <= mostBytes else { throw YAMLError(message: "more than 1 MB of text", line: 1) }
    var reader = try YAMLReader(events: YAMLEvents(text))
    return try reader.document()
  }

  private init(events: YAMLEvents) { self.events = events }

  private mutating func document() throws -> JSON {
    _ = try events.next()  // the stream's start
    guard try events.next().kind != .streamEnd else { return .null }
    let value = try value(try events.next())
    _ = try events.next()  // the document's end
    let end = try events.next()
    guard end.kind == .streamEnd else { throw YAMLError(message: "more than one document", line: end.line) }
    return value
  }

  private mutating func value(_ event: YAMLEvents.Event) throws -> JSON {
    let before = size
    try charge(Size(values: 1, bytes: event.text.utf8.count), event)
    let value: JSON
    switch event.kind {
    case .alias:
      guard let known = anchors[event.anchor ?? ""] else {
        throw YAMLError(message: "no value has the anchor '\(event.anchor ?? "")' yet", line: event.line)
      }
      try charge(known.size, event)
      return known.value
    case .scalar: value = try scalar(event)
    case .sequenceStart:
      try expect("seq", event)
      value = try nested(event) { try $0.sequence() }
    case .mappingStart:
      try expect("map", event)
      value = try nested(event) { try $0.mapping() }
    default: throw YAMLError(message: "a value is missing", line: event.line)
    }
    if let anchor = event.anchor {
      anchors[anchor] = (value, Size(values: size.values - before.values, bytes: size.bytes - before.bytes))
    }
    return value
  }

  private mutating func charge(_ more: Size, _ event: YAMLEvents.Event) throws {
    size.values += more.values
    size.bytes += more.bytes
    guard size.values <= Self.mostValues, size.bytes <= Self.mostBytes else {
      throw YAMLError(message: "too many values once its aliases are followed", line: event.line)
    }
  }

  private mutating func nested(_ event: YAMLEvents.Event, _ read: (inout Self) throws -> JSON) throws -> JSON
  {
    guard depth < Self.mostDepth else { throw YAMLError(message: "nested too deeply", line: event.line) }
    depth += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private mutating func sequence() throws -> JSON {
    var values: [JSON] = []
    while case let event = try events.next(), event.kind != .sequenceEnd { values.append(try value(event)) }
    return .array(values)
  }

  private mutating func mapping() throws -> JSON {
    var own = JSON.Object()
    var merged = JSON.Object()
    while case let event = try events.next(), event.kind != .mappingEnd {
      let isMerge = event.kind == .scalar && event.isPlain && event.tag == nil && event.text == "<<"
      let key = isMerge ? "" : try self.key(event)
      let value = try value(try events.next())
      guard isMerge else {
        own[key] = value
        continue
      }
      for source in value.array ?? [value] {
        guard let object = source.object else {
          throw YAMLError(message: "'<<' takes in maps only, not \(source.kind)", line: event.line)
        }
        for (key, value) in object.members where merged[key] == nil { merged[key] = value }
      }
    }
    for (key, value) in own.members { merged[key] = value }
    return .object(merged)
  }

  /// A key as Python writes it in JSON: `1: a` as `"1"`.
  private mutating func key(_ event: YAMLEvents.Event) throws -> String {
    switch try value(event) {
    case .string(let text): return text
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let number): return number.literal
    case let other: throw YAMLError(message: "\(other.kind) as a key", line: event.line)
    }
  }

  private func expect(_ name: String, _ event: YAMLEvents.Event) throws {
    guard event.tag == nil || event.tag == YAMLScalar.tagPrefix + name else { throw Self.unknownTag(event) }
  }

  private func scalar(_ event: YAMLEvents.Event) throws -> JSON {
    guard let tag = event.tag else {
      return event.isPlain ? YAMLScalar.resolved(event.text) : .string(event.text)
    }
    guard let value = YAMLScalar.value(of: event.text, tag: tag) else { throw Self.unknownTag(event) }
    return value
  }

  private static func unknownTag(_ event: YAMLEvents.Event) -> YAMLError {
    let name = (event.tag ?? "").replacing(YAMLScalar.tagPrefix, with: "!!")
    return YAMLError(message: "a value tagged \(name) cannot be read", line: event.line)
  }
}
