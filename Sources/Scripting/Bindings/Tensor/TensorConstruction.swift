import Lua
import Tensor

extension Bindings {
  /// `lunette.tensor`: calling it makes a tensor of nested tables, its functions make others.
  static func addTensor(to lunette: LuaModule) throws {
    let tensor = try lunette.module("tensor")
    try tensor.calling("tensor(values)") { call in
      try call.argument(1, as: TensorValues.self).tensor
    }
    try addConstructors(to: tensor)
    try addSequences(to: tensor)
    try addRandom(to: tensor)
    try addJoining(to: tensor)
    try addTensorFiles(to: tensor)
  }

  private static func addConstructors(to module: LuaModule) throws {
    try module.function("zeros(sizes...)") { call in try Tensor.zeros(call.sizes()) }
    try module.function("ones(sizes...)") { call in try Tensor.ones(call.sizes()) }
    try module.function("full(sizes, value)") { call in try Tensor.full(call.shape(1), call[2]) }
    try module.function("zeros_like(x)") { call in try Tensor.zeros((call[1] as Tensor).shape) }
    try module.function("ones_like(x)") { call in try Tensor.ones((call[1] as Tensor).shape) }
    try module.function("full_like(x, value)") { call in try Tensor.full((call[1] as Tensor).shape, call[2]) }
    try module.function("eye(n)") { call in try Tensor.eye(call[1]) }
    try module.function("one_hot(index, n)") { call in
      let size: Int = try call[2]
      guard size >= 0 else { throw LuaArgumentError(2, "integer of at least 0 expected, got \(size)") }
      let shape = call.slot(1).kind == .table ? nil : try call.argument(1, as: Tensor.self).shape
      let rows = try Tensor.oneHot(call.indices(1, size: size), count: size)
      return try shape.map { try rows.reshaped($0 + [size]) } ?? rows
    }
  }

  private static func addSequences(to module: LuaModule) throws {
    // arange(n) counts from 0, arange(first, end, step) as torch.arange does.
    try module.function("arange(first, end?, step?)") { call in
      let first: Double = try call[1]
      let end: Double? = try call[2]
      return try Tensor.arange(end == nil ? 0 : first, end ?? first, step: call[3] ?? 1)
    }
    try module.function("linspace(first, last, n)") { call in
      let (first, last): (Double, Double) = (try call[1], try call[2])
      guard first.isFinite, last.isFinite else {
        throw LuaArgumentError(first.isFinite ? 2 : 1, "finite number expected")
      }
      return try Tensor.linspace(first, last, count: call[3])
    }
  }

  /// PyTorch's numbers. Without a seed, one stream goes on from call to call; it starts anew in every session.
  private static func addRandom(to module: LuaModule) throws {
    try module.function("manual_seed(seed)") { call in
      try call.state.seedRandomStream(call[1])
    }
    try module.function("randn(sizes, {seed})") { call -> Tensor in
      let shape = try call.shape(1)
      return try call.state.randomStream.draw(seed: call["seed"]) { try $0.normal(shape) }
    }
    try module.function("rand(sizes, {seed})") { call -> Tensor in
      let shape = try call.shape(1)
      return try call.state.randomStream.draw(seed: call["seed"]) { try $0.uniform(shape) }
    }
    try module.function("randn_like(x, {seed})") { call -> Tensor in
      let shape = try (call[1] as Tensor).shape
      return try call.state.randomStream.draw(seed: call["seed"]) { try $0.normal(shape) }
    }
    try module.function("rand_like(x, {seed})") { call -> Tensor in
      let shape = try (call[1] as Tensor).shape
      return try call.state.randomStream.draw(seed: call["seed"]) { try $0.uniform(shape) }
    }
    try module.function("randperm(n, {seed})") { call in
      let count: Int = try call[1]
      guard (0...1 << 24).contains(count) else {
        throw LuaArgumentError(1, "integer from 0 to \(1 << 24) expected, got \(count)")
      }
      let order = try call.state.randomStream.draw(seed: call["seed"]) { try $0.permutation(count) }
      return try Tensor(order.map { Float($0 + 1) }, shape: [count])
    }
  }

  private static func addJoining(to module: LuaModule) throws {
    try module.function("cat(list, dim?)") { call in
      let list: [Tensor] = try call[1]
      guard let first = list.first else {
        throw LuaArgumentError(1, "at least one tensor expected, got an empty list")
      }
      let dim = try call.dimension(2, rank: first.rank, default: 0)
      for (position, tensor) in list.enumerated() {
        var expected = first.shape
        if tensor.rank == first.rank { expected[dim] = tensor.shape[dim] }
        guard tensor.shape == expected else {
          let shapes = "\(Shape.text(first.shape)) and \(Shape.text(tensor.shape))"
          throw LuaArgumentError(
            1, "tensors \(shapes) at [1] and [\(position + 1)] cannot be joined in dimension \(dim + 1)")
        }
      }
      return try Tensor.concatenated(list, dim: dim)
    }
    try module.function("stack(list, dim?)") { call in
      let list: [Tensor] = try call[1]
      guard let first = list.first else {
        throw LuaArgumentError(1, "at least one tensor expected, got an empty list")
      }
      if let other = list.firstIndex(where: { $0.shape != first.shape }) {
        throw LuaArgumentError(
          1,
          "shape \(Shape.text(first.shape)) expected at [\(other + 1)], got \(Shape.text(list[other].shape))")
      }
      return try Tensor.stacked(list, dim: call.dimension(2, rank: first.rank + 1, default: 0))
    }
    try module.function("einsum(equation, tensors...)") { call in
      try Tensor.einsum(call[1], call.slot(2).kind == .table ? call[2] : call.arguments(from: 2))
    }
    try module.function("where(condition, a, b)") { call in
      let (a, b) = (try call.argument(2, as: Operand.self), try call.argument(3, as: Operand.self))
      return try a.asTensor().selected(where: call[1], else: b.asTensor())
    }
  }
}

/// Nested tables as a tensor.
struct TensorValues: LuaReadable {
  let tensor: Tensor

  static func read(_ slot: LuaSlot) throws -> TensorValues {
    TensorValues(tensor: try NestedNumbers.read(slot))
  }
}
