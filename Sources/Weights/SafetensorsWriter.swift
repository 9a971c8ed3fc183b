import Encoding
import Glibc
import Neural
import Platform
import Tensor

extension SafetensorsFile {
  /// Writes tensors to a file in the order of their names, so that the same tensors give the same bytes.
  ///
  /// The file appears under its name only when it is complete.
  ///
  /// - Parameter type: `.f32`, `.f16` or `.bf16`; numbers are rounded to nearest even.
  public static func write(
    _ tensors: [String: Tensor], to path: String, type: ElementType = .f32, metadata: [String: String] = [:]
  ) throws {
    guard [.f32, .f16, .bf16].contains(type) else {
      throw NeuralError("\(path): tensors are written as F32, F16 or BF16, not as \(type)")
    }
    guard tensors["__metadata__"] == nil else {
      throw NeuralError("\(path): '__metadata__' cannot name a tensor")
    }
    let sorted = tensors.sorted { $0.key < $1.key }
    let text = header(of: sorted, type: type, metadata: metadata)
    do {
      let file = try WholeFile(path)
      try file.append(withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text)
      for (_, tensor) in sorted { try file.append(narrowed(tensor, type)) }
      try file.commit()
    } catch {
      throw NeuralError("\(path): cannot be written: \(error.reason)")
    }
  }

  private static func narrowed(_ tensor: Tensor, _ type: ElementType) -> [UInt8] {
    let size = tensor.count * type.bitWidth / 8
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      tensor.withUnsafeBuffer { source in
        guard let source = source.baseAddress, let target = buffer.baseAddress else { return }
        type.narrow(source, to: target, count: tensor.count)
      }
      count = size
    }
  }

  /// The header's JSON, padded with spaces so that the numbers start at a multiple of eight.
  private static func header(
    of tensors: [(key: String, value: Tensor)], type: ElementType, metadata: [String: String]
  ) -> [UInt8] {
    var header = JSON.Object()
    if !metadata.isEmpty {
      var strings = JSON.Object()
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { strings[key] = .string(value) }
      header["__metadata__"] = .object(strings)
    }
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.count * type.bitWidth / 8
      var entry = JSON.Object()
      entry["dtype"] = .string(type.name)
      entry["shape"] = .array(tensor.shape.map { .number(Double($0)) })
      entry["data_offsets"] = .array([.number(Double(offset)), .number(Double(end))])
      header[name] = .object(entry)
      offset = end
    }
    let text = Array(JSON.object(header).description.utf8)
    return text + Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
  }
}
