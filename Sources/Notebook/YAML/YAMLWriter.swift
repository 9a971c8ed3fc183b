import CYAML
import Encoding

/// Writes values as YAML in blocks, by libyaml: one line for each scalar, in quotes wherever YAML 1.1 would read the bare
/// text as something else.
enum YAMLWriter {
  /// The text, with a line break at its end.
  static func text(of value: JSON) -> String {
    let emitter = Emitter()
    emitter.write { emitter in
      yaml_stream_start_event_initialize(&emitter.event, YAML_UTF8_ENCODING)
      emitter.emit()
      yaml_document_start_event_initialize(&emitter.event, nil, nil, nil, 1)
      emitter.emit()
      emitter.emit(value)
      yaml_document_end_event_initialize(&emitter.event, 1)
      emitter.emit()
      yaml_stream_end_event_initialize(&emitter.event)
      emitter.emit()
    }
    return String(decoding: emitter.output, as: UTF8.self)
  }

  private final class Emitter {
    var output: [UInt8] = []
    var event = yaml_event_t()
    /// libyaml keeps pointers into it: it stays where it is.
    private let handle = UnsafeMutablePointer<yaml_emitter_t>.allocate(capacity: 1)

    init() {
      precondition(yaml_emitter_initialize(handle) == 1, "out of memory")
      yaml_emitter_set_unicode(handle, 1)
      yaml_emitter_set_width(handle, -1)
      yaml_emitter_set_indent(handle, 2)
    }

    deinit {
      yaml_emitter_delete(handle)
      handle.deallocate()
    }

    func write(_ body: (Emitter) -> Void) {
      let context = Unmanaged.passUnretained(self).toOpaque()
      yaml_emitter_set_output(
        handle,
        { context, bytes, count in
          guard let context, let bytes else { return 0 }
          let emitter = Unmanaged<Emitter>.fromOpaque(context).takeUnretainedValue()
          emitter.output += UnsafeBufferPointer(start: bytes, count: count)
          return 1
        }, context)
      body(self)
    }

    /// Hands the event over, which frees it. It fails only where memory ends, or for events in a wrong order.
    func emit() {
      let status = yaml_emitter_emit(handle, &event)
      precondition(status == 1, handle.pointee.problem.map { String(cString: $0) } ?? "out of memory")
    }

    func emit(_ value: JSON) {
      switch value {
      case .null: scalar("null")
      case .bool(let value): scalar(value ? "true" : "false")
      case .number(let number): scalar(YAMLScalar.text(of: number))
      case .string(let text): string(text)
      case .array(let values):
        yaml_sequence_start_event_initialize(&event, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE)
        emit()
        for value in values { emit(value) }
        yaml_sequence_end_event_initialize(&event)
        emit()
      case .object(let object):
        yaml_mapping_start_event_initialize(&event, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE)
        emit()
        for (key, value) in object.members {
          string(key)
          emit(value)
        }
        yaml_mapping_end_event_initialize(&event)
        emit()
      }
    }

    private func string(_ text: String) { scalar(text, isQuoted: !YAMLScalar.isPlainText(text)) }

    private func scalar(_ text: String, isQuoted: Bool = false) {
      var text = text
      let style = isQuoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE
      text.withUTF8 { bytes in
        _ = yaml_scalar_event_initialize(
          &event, nil, nil, bytes.baseAddress, Int32(bytes.count), 1, 1, style)
      }
      emit()
    }
  }
}
