import CTorch

/// PyTorch's operators on one of its devices, by libtorch's C interface, opened at run time.
///
/// Tensors lie in the device's memory; only numbers that the host wants travel. Random numbers come from the host, and
/// gradients from our own tape. On a GPU nothing of this has been tried yet.
public struct TorchBackend: Backend {
  let memoryOfDevice: TorchMemory
  let device: TorchDevice

  /// Opens PyTorch, which stays open.
  ///
  /// - Throws: why the device cannot be had, in one line.
  public init(_ device: TorchDevice, _ installation: TorchInstallation) throws {
    try installation.open(for: device)
    self.device = device
    memoryOfDevice = TorchMemory(device)
  }

  public var name: String { "PyTorch \(TorchInstallation.version) on \(device)" }

  public var rowsAreIndependent: Bool { false }

  public var memory: any DeviceMemory { memoryOfDevice }

  // MARK: Between tensors and PyTorch's

  func view(_ x: Tensor) throws -> TorchHandle { try TorchHandle.view(x, on: device) }

  func view(_ x: Tensor, _ shape: [Int], _ strides: [Int]) throws -> TorchHandle {
    try TorchHandle.view(x, shape, strides, on: device)
  }

  /// {n, h, w, c} as {n, c, h, w}, channels last.
  func pictures(_ x: Tensor) throws -> TorchHandle {
    let (h, w, c) = (x.shape[1], x.shape[2], x.shape[3])
    return try view(x, [x.shape[0], c, h, w], [h * w * c, 1, w * c, c])
  }

  /// What an operator made as a tensor of `shape`, row-major: itself where it lies so, else a copy. `sizes` and `strides`
  /// are those of the operator's result when its numbers lie as the tensor's.
  func tensor(_ made: TorchHandle, _ shape: [Int], sizes: [Int]? = nil, strides: [Int]? = nil) throws
    -> Tensor
  {
    let (sizes, strides) = (sizes ?? shape, strides ?? Shape.strides(shape))
    let count = try Shape.count(shape)
    if count > 0, ct_lies(made.tensor, Int64(sizes.count), sizes.map(Int64.init), strides.map(Int64.init)) {
      try memoryOfDevice.check()
      let storage = Storage(block: try memoryOfDevice.block(made, count: count), memory: memoryOfDevice)
      return Tensor(storage: storage, shape: shape, strides: Shape.strides(shape), offset: 0)
    }
    let result = try Tensor.uninitialized(shape, in: memoryOfDevice)
    try copy(made, to: view(result, sizes, strides))
    return result
  }

  func copy(_ source: TorchHandle, to target: TorchHandle) throws {
    guard ct_copy(target.tensor, source.tensor) == 0 else { throw TorchOperator.failure("copy") }
  }

  /// Calls an operator that writes its result to a tensor.
  func write(
    _ name: String, overload: String = "out", _ arguments: [TorchOperator.Argument], to result: Tensor
  ) throws {
    // A host's tensor is no place for a GPU's results.
    if result.storage.isOnHost && device.kind != .cpu {
      let there = try Tensor.uninitialized(result.shape, in: memoryOfDevice)
      try write(name, overload: overload, arguments, to: there)
      return try copy(
        view(there),
        to: TorchHandle.view(
          result.storage.block.address + result.offset, result.shape, result.strides, on: nil))
    }
    _ = try TorchOperator(name, overload).call(arguments + [.handle(view(result))])
  }

  // MARK: Products

  public func product(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let made = try TorchOperator("bmm").call([.handle(view(a)), .handle(view(b))])[0]
    return try tensor(made, [a.shape[0], a.shape[1], b.shape[2]])
  }

  public func linear(_ x: Tensor, _ weight: Weight, _ epilogue: Epilogue) throws -> Tensor {
    let w = try matrix(weight)
    let made = try TorchOperator("linear").call([
      .handle(view(x)), .handle(w), .optional(epilogue.bias.map(view)),
    ])[0]
    return try finished(tensor(made, [x.shape[0], weight.shape[0]]), epilogue)
  }

  public func convolution(_ x: Tensor, _ weight: Weight, _ window: ConvolutionWindow, _ epilogue: Epilogue)
    throws
    -> Tensor
  {
    let padded = try self.padded(x, window)
    let (n, outputs) = (x.shape[0], weight.shape[0])
    let size = window.output(height: x.shape[1], width: x.shape[2])
    let (stride, zeros) = ([window.stride, window.stride], [0, 0])
    // Deterministic algorithms, and no matrix units of 10 bits.
    let made = try TorchOperator("_convolution").call([
      .handle(pictures(padded)), .handle(form(weight).onDevice(weight, self)),
      .optional(epilogue.bias.map(view)),
      .integers(stride), .integers(zeros), .integers([1, 1]), .truth(false), .integers(zeros),
      .integer(window.groups), .truth(false), .truth(true), .truth(true), .truth(false),
    ])[0]
    let (h, w) = size
    let out = try tensor(
      made, [n, h, w, outputs], sizes: [n, outputs, h, w],
      strides: [h * w * outputs, 1, w * outputs, outputs])
    return try finished(out, epilogue)
  }

  /// The picture with its zeros around it: sides may have different ones.
  func padded(_ x: Tensor, _ window: ConvolutionWindow) throws -> Tensor {
    let (top, left) = (window.padding.top, window.padding.left)
    guard window.padding != .none else { return x }
    let shape = [
      x.shape[0], x.shape[1] + top + window.padding.bottom, x.shape[2] + left + window.padding.right,
      x.shape[3],
    ]
    let out = try Tensor.zeros(shape)
    copy(
      x,
      to: try out.narrowed(1, start: top, length: x.shape[1]).narrowed(2, start: left, length: x.shape[2]))
    return out
  }

  private func finished(_ out: Tensor, _ epilogue: Epilogue) throws -> Tensor {
    if epilogue.activation != .identity { try activate(out, epilogue.activation, to: out) }
    if let residual = epilogue.residual {
      apply(.add, .tensor(out), .tensor(try residual.viewed(out.shape)), to: out)
    }
    return out
  }

  func activate(_ x: Tensor, _ activation: Activation, to result: Tensor) throws {
    let operation: UnaryOperation? =
      switch activation {
      case .identity: nil
      case .relu: .relu
      case .silu: .silu
      case .gelu: .gelu
      case .geluTanh: .geluTanh
      case .quickGelu: .quickGelu
      }
    if let operation { apply(operation, x, to: result) } else { copy(x, to: result) }
  }

  // MARK: Weights

  func form(_ weight: Weight) -> TorchWeight { weight.form(of: TorchWeight.self) { TorchWeight() } }

  /// {out, in} of a weight that may be {out, in, 1, 1}.
  func matrix(_ weight: Weight) throws -> TorchHandle {
    let there = try form(weight).onDevice(weight, self)
    guard weight.shape.count > 2 else { return there }
    return try TorchOperator("view").call([
      .handle(there), .integers([weight.shape[0], weight.shape[1]]),
    ])[0]
  }

  // MARK: Normalisation

  public func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, activation: Activation
  ) throws -> Tensor {
    let (n, pixels, c) = (x.shape[0], x.shape[1], x.shape[2])
    let made = try TorchOperator("group_norm").call([
      .handle(view(x, [n, c, pixels], [pixels * c, 1, c])), .integer(groups), .optional(view(weight)),
      .optional(view(bias)), .number(Double(epsilon)), .truth(false),
    ])[0]
    let out = try tensor(made, x.shape, sizes: [n, c, pixels], strides: [pixels * c, 1, c])
    if activation != .identity { try activate(out, activation, to: out) }
    return out
  }

  public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) throws -> Tensor {
    let made = try TorchOperator("layer_norm").call([
      .handle(view(x)), .integers([weight.count]), .optional(view(weight)), .optional(view(bias)),
      .number(Double(epsilon)), .truth(false),
    ])[0]
    return try tensor(made, x.shape)
  }

  public func softmax(_ x: Tensor) throws -> Tensor {
    let made = try TorchOperator("softmax", "int").call([.handle(view(x)), .integer(-1), .absent])[0]
    return try tensor(made, x.shape)
  }

  // MARK: The rest

  public func geglu(_ x: Tensor) throws -> Tensor {
    let (values, gates) = try halves(x)
    let out = try Tensor.uninitialized(values.shape, in: memoryOfDevice)
    apply(.gelu, gates, to: out)
    apply(.multiply, .tensor(values), .tensor(out), to: out)
    return out
  }

  /// The first and the second half of the last dimension, views.
  func halves(_ x: Tensor) throws -> (Tensor, Tensor) {
    let width = x.shape[x.rank - 1] / 2
    return try (
      x.narrowed(x.rank - 1, start: 0, length: width), x.narrowed(x.rank - 1, start: width, length: width)
    )
  }

  public func upsampledNearest2x(_ x: Tensor) throws -> Tensor {
    let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let out = try Tensor.uninitialized([n, 2 * h, 2 * w, c], in: memoryOfDevice)
    let source = try view(x, [n, h, 2, w, 2, c], [h * w * c, w * c, 0, c, 0, 1])
    try copy(source, to: view(out, [n, h, 2, w, 2, c], Shape.strides([n, h, 2, w, 2, c])))
    return out
  }
}

/// Weights on the device, in the checkpoint's order.
final class TorchWeight: WeightForm, @unchecked Sendable {
  private var there: TorchHandle?
  private var kept: Tensor?

  func onDevice(_ weight: Weight, _ backend: TorchBackend) throws -> TorchHandle {
    if let there { return there }
    guard let plain = try weight.passing() else {
      throw TensorError(
        "out of memory: no room for the weights \(Shape.text(weight.shape)) in their first order")
    }
    // A tensor of the host's is copied whatever the device is: what it was read from may go.
    let tensor =
      plain.storage.isOnHost ? try Tensor.uninitialized(plain.shape, in: backend.memoryOfDevice) : plain
    if plain.storage.isOnHost { backend.copy(plain, to: tensor) }
    let view = try backend.view(tensor)
    if weight.isPassing { kept = nil; return try TorchWeight.holding(tensor, view, backend) }
    (there, kept) = (view, tensor)
    weight.releasePlainIfReadable()
    return view
  }

  /// A copy that owns its numbers, for weights that last for one operation.
  private static func holding(_ tensor: Tensor, _ view: TorchHandle, _ backend: TorchBackend) throws
    -> TorchHandle
  {
    let copy = try TorchHandle.allocated(tensor.shape, on: backend.device)
    try backend.copy(view, to: copy)
    return copy
  }

  func restored(_ weight: Weight) throws -> Tensor? { kept }
}
