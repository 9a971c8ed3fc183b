import CTorch

/// One of PyTorch's operators, by the name and overload of its schema; arguments in the schema's order, all of them.
struct TorchOperator {
  let name: String
  let overload: String

  init(_ name: String, _ overload: String = "") {
    self.name = "aten::" + name
    self.overload = overload
  }

  enum Argument {
    case handle(TorchHandle)
    /// An optional tensor; nil is none.
    case optional(TorchHandle?)
    case integer(Int)
    case number(Double)
    case someNumber(Double)
    case truth(Bool)
    case someTruth(Bool)
    case someInteger(Int)
    case integers([Int])
    case someIntegers([Int])
    case truths([Bool])
    case type(ElementType)
    case someType(ElementType)
    case text(String)
    /// An optional argument that is not given.
    case absent
  }

  enum ElementType: Int { case float32 = 0, float64 }

  /// - Returns: the results, `results` of them.
  func call(_ arguments: [Argument], results count: Int = 1) throws -> [TorchHandle] {
    var values: [ct_value] = []
    // Lists and texts are read while the call lasts; what holds them must outlive it.
    var kept: [UnsafeMutableRawPointer] = []
    defer { for pointer in kept { pointer.deallocate() } }
    for argument in arguments { values.append(try value(argument, &kept)) }
    var found = [ct_tensor?](repeating: nil, count: count)
    let failed = ct_call(name, overload, values, Int32(values.count), &found, Int32(count))
    guard failed == 0 else { throw Self.failure(name) }
    return try found.map { tensor in
      guard let tensor else { throw Self.failure(name) }
      return TorchHandle(tensor)
    }
  }

  static func failure(_ name: String) -> TensorError {
    let why = String(cString: ct_error())
    // What allocators say when there is no room, in our own words first.
    let isMemory = why.contains("out of memory") || why.contains("can't allocate memory")
    return TensorError((isMemory ? "out of memory: " : "") + "PyTorch, \(name): \(why)")
  }

  private func value(_ argument: Argument, _ kept: inout [UnsafeMutableRawPointer]) throws -> ct_value {
    var value = ct_value()
    switch argument {
    case .handle(let handle): (value.kind, value.tensor) = (CT_TENSOR, try shared(handle))
    case .optional(let handle?): (value.kind, value.tensor) = (CT_SOME_TENSOR, try shared(handle))
    case .optional(nil), .absent: value.kind = CT_NONE
    case .integer(let integer): (value.kind, value.integer) = (CT_INT, Int64(integer))
    case .someInteger(let integer): (value.kind, value.integer) = (CT_SOME_INT, Int64(integer))
    case .number(let number): (value.kind, value.number) = (CT_DOUBLE, number)
    case .someNumber(let number): (value.kind, value.number) = (CT_SOME_DOUBLE, number)
    case .truth(let truth): (value.kind, value.integer) = (CT_TRUTH, truth ? 1 : 0)
    case .someTruth(let truth): (value.kind, value.integer) = (CT_SOME_TRUTH, truth ? 1 : 0)
    case .type(let type): (value.kind, value.integer) = (CT_TYPE, Int64(type.rawValue))
    case .someType(let type): (value.kind, value.integer) = (CT_SOME_TYPE, Int64(type.rawValue))
    case .integers(let list): setList(&value, CT_INTS, list.map(Int64.init), &kept)
    case .someIntegers(let list): setList(&value, CT_SOME_INTS, list.map(Int64.init), &kept)
    case .truths(let list): setList(&value, CT_TRUTHS, list.map { $0 ? 1 : 0 }, &kept)
    case .text(let text):
      let bytes = text.utf8CString
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
      for (i, byte) in bytes.enumerated() { copy[i] = byte }
      kept.append(UnsafeMutableRawPointer(copy))
      (value.kind, value.text) = (CT_TEXT, UnsafePointer(copy))
    }
    return value
  }

  private func setList(
    _ value: inout ct_value, _ kind: ct_kind, _ list: [Int64], _ kept: inout [UnsafeMutableRawPointer]
  ) {
    let copy = UnsafeMutablePointer<Int64>.allocate(capacity: max(list.count, 1))
    for (i, integer) in list.enumerated() { copy[i] = integer }
    kept.append(UnsafeMutableRawPointer(copy))
    (value.kind, value.integers, value.count) = (kind, UnsafePointer(copy), Int64(list.count))
  }

  /// The call consumes what it is given.
  private func shared(_ handle: TorchHandle) throws -> ct_tensor {
    guard let tensor = ct_share(handle.tensor) else { throw Self.failure(name) }
    return tensor
  }
}
