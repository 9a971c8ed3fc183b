import Imaging
import Lua
import Tensor

/// What bound functions ask of their arguments. On the Lua side dimensions and indices count from 1, negative ones from
/// the end.
extension LuaCall {
  /// A dimension of a tensor of `rank` dimensions, counted from 0.
  func dimension(_ position: Int, rank: Int) throws -> Int {
    try Self.dimension(call: argument(position), rank: rank, position: position)
  }

  /// As `dimension`, where the argument may be missing.
  func dimension(_ position: Int, rank: Int, default dim: Int) throws -> Int {
    slot(position).isNothing ? dim : try dimension(position, rank: rank)
  }

  /// The dimensions to reduce over: one, or a list; nil, where the argument is missing, for all.
  func dimensions(_ position: Int, rank: Int) throws -> [Int]? {
    let slot = slot(position)
    if slot.isNothing { return nil }
    let given: [Int] = slot.kind == .table ? try self[position] : [try self[position]]
    let dims = try given.map { try Self.dimension(call: $0, rank: rank, position: position) }
    guard Set(dims).count == dims.count else {
      throw LuaArgumentError(position, "each dimension only once expected, got \(Shape.text(given))")
    }
    return dims
  }

  private static func dimension(call dim: Int, rank: Int, position: Int) throws -> Int {
    guard let found = place(dim, of: rank) else {
      let known = rank == 0 ? "a 0-d tensor has no dimensions" : "dimension from 1 to \(rank) expected"
      throw LuaArgumentError(position, "\(known), got \(dim)")
    }
    return found
  }

  /// Sizes: a list, or all arguments from `position` on. Negative ones are left to the operation.
  func sizes(from position: Int = 1) throws -> [Int] {
    if slot(position).kind == .table {
      if count > position, !slot(position + 1).isNothing {
        throw LuaArgumentError(
          position + 1, "nothing after a list of sizes expected, got \(slot(position + 1).described)")
      }
      return try self[position]
    }
    guard count >= position else { throw LuaArgumentError(position, "sizes expected, got no value") }
    return try arguments(from: position)
  }

  /// Sizes of a new tensor in one argument: a list, or one number.
  func shape(_ position: Int) throws -> [Int] {
    slot(position).kind == .table ? try self[position] : [try self[position]]
  }

  /// Indices into a dimension of `size`, from a list or a tensor, counted from 0.
  func indices(_ position: Int, size: Int) throws -> [Int] {
    let slot = slot(position)
    let given: [Double] =
      slot.kind == .table ? try self[position] : try argument(position, as: Tensor.self).doubles()
    return try given.map { value in
      guard let index = Int(exactly: value), let found = place(index, of: size) else {
        throw LuaArgumentError(position, "indices from 1 to \(size) expected, got \(text(of: value))")
      }
      return found
    }
  }

  /// A tensor of so many dimensions.
  func tensor(_ position: Int, rank: Int) throws -> Tensor {
    let tensor: Tensor = try self[position]
    guard tensor.rank == rank else {
      throw LuaArgumentError(position, "\(rank)-d tensor expected, got \(Shape.text(tensor.shape))")
    }
    return tensor
  }
}

/// An index from 1, or from the end when negative, as one from 0; nil if it lies outside.
func place(_ index: Int, of count: Int) -> Int? {
  if index >= 1 { return index <= count ? index - 1 : nil }
  return index < 0 && index >= -count ? count + index : nil
}

/// A whole number without a point, any other with all its digits.
func text(of value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

/// A number or a tensor, as operands are.
enum Operand: LuaReadable {
  case number(Float)
  case tensor(Tensor)

  static func read(_ slot: LuaSlot) throws -> Operand {
    if let number = slot.number { return .number(Float(number)) }
    guard slot.kind == .userdata, let tensor = try? Tensor.read(slot) else {
      throw LuaMismatch(expected: "tensor or number", got: slot)
    }
    return .tensor(tensor)
  }
}

/// A tensor, or an image as the tensor it is made of.
struct TensorOrImage: LuaReadable {
  let tensor: Tensor

  static func read(_ slot: LuaSlot) throws -> TensorOrImage {
    if let image = try? Image.read(slot) { return TensorOrImage(tensor: image.tensor) }
    guard let tensor = try? Tensor.read(slot) else {
      throw LuaMismatch(expected: "tensor or image", got: slot)
    }
    return TensorOrImage(tensor: tensor)
  }
}

/// A picture to draw on: an image, or a tensor {height, width} or {height, width, channels}.
struct ImageOrTensor: LuaReadable {
  let image: Image

  static func read(_ slot: LuaSlot) throws -> ImageOrTensor {
    if let image = try? Image.read(slot) { return ImageOrTensor(image: image) }
    guard let tensor = try? Tensor.read(slot) else {
      throw LuaMismatch(expected: "image or tensor", got: slot)
    }
    do { return ImageOrTensor(image: try Image(tensor)) } catch { throw LuaMismatch("\(error)") }
  }
}

/// A list of numbers: a list, whose entries may be tensors of one element, or a tensor, read row by row.
struct Numbers: LuaReadable {
  let values: [Double]

  static func read(_ slot: LuaSlot) throws -> Numbers {
    if slot.kind == .table { return Numbers(values: try [Scalar].read(slot).map(\.value)) }
    guard let tensor = try? Tensor.read(slot) else {
      throw LuaMismatch(expected: "list of numbers or tensor", got: slot)
    }
    do { return Numbers(values: try tensor.doubles()) } catch { throw LuaMismatch("\(error)") }
  }
}

/// A number, or a tensor of one element.
struct Scalar: LuaReadable {
  let value: Double

  static func read(_ slot: LuaSlot) throws -> Scalar {
    if let number = slot.number { return Scalar(value: number) }
    guard let tensor = try? Tensor.read(slot), tensor.count == 1 else {
      throw LuaMismatch(expected: "number", got: slot)
    }
    return Scalar(value: Double(try tensor.item()))
  }
}

/// A rising pair of numbers, `{low, high}`.
struct RangeArgument: LuaReadable {
  let range: ClosedRange<Double>

  static func read(_ slot: LuaSlot) throws -> RangeArgument {
    guard slot.kind == .table else { throw LuaMismatch(expected: "{low, high}", got: slot) }
    let ends = try [Double].read(slot)
    guard ends.count == 2, ends[0] < ends[1], ends.allSatisfy(\.isFinite) else {
      throw LuaMismatch("{low, high} with low < high expected")
    }
    return RangeArgument(range: ends[0]...ends[1])
  }
}

extension Tensor {
  /// The elements in row-major order.
  func doubles() throws -> [Double] {
    // Sorting and drawing them takes further copies, and longer than anybody waits for more of them.
    guard count <= 1 << 26 else {
      throw TensorError("at most \(1 << 26) numbers expected, got a tensor \(Shape.text(shape))")
    }
    return try elements(copies: 8).map(Double.init)
  }
}
