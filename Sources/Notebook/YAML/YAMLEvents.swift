import CYAML

/// What libyaml sees in a text, one event after the other.
final class YAMLEvents {
  struct Event {
    enum Kind {
      case streamStart, streamEnd, documentStart, documentEnd, alias, scalar
      case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }
    var kind: Kind
    /// The line of the text, from 1.
    var line: Int
    var text = ""
    /// The name of the value, or of the value that an alias stands for.
    var anchor: String?
    /// The full name of an explicit tag; nil for none, and for `!`, which says nothing.
    var tag: String?
    /// Whether a scalar has neither quotes nor block signs.
    var isPlain = false
  }

  /// libyaml keeps pointers into the parser and to the text: both stay where they are.
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let text: UnsafeMutableBufferPointer<UInt8>

  init(_ text: String) throws {
    self.text = .allocate(capacity: text.utf8.count)
    _ = self.text.initialize(from: text.utf8)
    guard yaml_parser_initialize(parser) == 1 else {
      self.text.deallocate()
      parser.deallocate()
      throw YAMLError(message: "no memory for it", line: 1)
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, self.text.baseAddress, self.text.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    text.deallocate()
  }

  func next() throws -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw fault }
    defer { yaml_event_delete(&event) }
    return Self.event(event)
  }

  private var fault: YAMLError {
    let parser = parser.pointee
    let message = parser.problem.map { String(cString: $0) } ?? "no memory for it"
    let isReading = parser.error == YAML_READER_ERROR
    let line =
      isReading
      ? text.prefix(parser.problem_offset).reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
      : Int(parser.problem_mark.line) + 1
    return YAMLError(message: message, line: line)
  }

  private static func event(_ event: yaml_event_t) -> Event {
    func new(_ kind: Event.Kind) -> Event { Event(kind: kind, line: Int(event.start_mark.line) + 1) }
    func string(_ bytes: UnsafePointer<UInt8>?) -> String? { bytes.map { String(cString: $0) } }
    func tag(_ bytes: UnsafePointer<UInt8>?) -> String? { string(bytes).flatMap { $0 == "!" ? nil : $0 } }
    switch event.type {
    case YAML_STREAM_END_EVENT: return new(.streamEnd)
    case YAML_DOCUMENT_START_EVENT: return new(.documentStart)
    case YAML_DOCUMENT_END_EVENT: return new(.documentEnd)
    case YAML_SEQUENCE_END_EVENT: return new(.sequenceEnd)
    case YAML_MAPPING_END_EVENT: return new(.mappingEnd)
    case YAML_ALIAS_EVENT:
      var result = new(.alias)
      result.anchor = string(event.data.alias.anchor)
      return result
    case YAML_SEQUENCE_START_EVENT:
      var result = new(.sequenceStart)
      let data = event.data.sequence_start
      (result.anchor, result.tag) = (string(data.anchor), tag(data.tag))
      return result
    case YAML_MAPPING_START_EVENT:
      var result = new(.mappingStart)
      let data = event.data.mapping_start
      (result.anchor, result.tag) = (string(data.anchor), tag(data.tag))
      return result
    case YAML_SCALAR_EVENT:
      var result = new(.scalar)
      let data = event.data.scalar
      (result.anchor, result.tag) = (string(data.anchor), tag(data.tag))
      result.text = String(
        decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
      result.isPlain = data.style == YAML_PLAIN_SCALAR_STYLE
      return result
    default: return new(.streamStart)
    }
  }
}
