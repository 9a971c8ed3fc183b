import Lua
import Notebook
import Tensor

/// Tensors travel through Lua as views: a copy of the header, shared storage.
extension Tensor: Displayable {
  public static var luaName: String { "tensor" }

  public var luaMemory: (owner: AnyObject, bytes: Int)? { (storage, storage.byteCount) }

  public static func describe(_ type: LuaType<Tensor>) throws {
    try describeReading(type)
    try describeIndexing(type)
    try describeViews(type)
    try describePicking(type)
    try describeFunctions(type)
    try describeOperators(type)
    try describeProducts(type)
    try describeReductions(type)
    try describeOrder(type)
    try describeQuantiles(type)
    try describeRearranging(type)
    try describeLosses(type)
    try describeInPlace(type)
    try describeGradients(type)
    try describeFiles(type)
    try describePictures(type)
    try describeLayers(type)
    try describePooling(type)
    try type.showsItself()
  }

  func mimeBundle() throws -> MIMEBundle { try MIMEBundle(plain: summary()) }

  private static func describeReading(_ type: LuaType<Tensor>) throws {
    type.property("pooled") { EncodedText.pooled(of: $0) }
    try type.method("size(dim?)") { x, call -> LuaMany in
      if call.slot(1).isNothing { return LuaMany(x.shape) }
      return try LuaMany(x.shape[call.dimension(1, rank: x.rank)])
    }
    try type.method("dim()") { x, _ in x.rank }
    try type.method("numel()") { x, _ in x.count }
    try type.method("is_contiguous()") { x, _ in x.isContiguous }
    try type.method("item()") { x, _ in
      guard x.count == 1 else {
        throw LuaArgumentError(0, "tensor of one element expected, got \(Shape.text(x.shape))")
      }
      return try x.item()
    }
    try type.method("tolist()") { x, _ in
      let size = MemoryLayout<Double>.stride * 2  // of a value in a Lua table
      try Room.check(x.count, bytes: 2 * size, for: "a table of a tensor \(Shape.text(x.shape))")
      return TensorList(tensor: x)
    }
    try type.metamethod("__tostring") { x, _ in try x.summary() }
    try type.metamethod("__len") { x, _ in
      guard let length = x.shape.first else { throw LuaError(message: "a 0-d tensor has no length") }
      return length
    }
    try type.binary("__concat", "..") { call in try call.slot(0).tostring() + call.slot(1).tostring() }
  }
}

/// A tensor as nested Lua tables; a 0-d one as a number.
struct TensorList: LuaPushable {
  let tensor: Tensor

  func push(to state: LuaState) throws {
    switch tensor.rank {
    case 0: try tensor.item().push(to: state)
    case 1: try tensor.elements(copies: 3).push(to: state)
    default:
      try state.checkInterrupt()
      let rows = tensor.detached
      try Room.check(rows.shape[0], bytes: 256, for: "a table of \(rows.shape[0]) tables")
      try LuaList((0..<rows.shape[0]).map { TensorList(tensor: try rows.selected(0, $0)) }).push(to: state)
    }
  }
}
