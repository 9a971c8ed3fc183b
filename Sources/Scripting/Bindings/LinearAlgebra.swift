import Lua
import Tensor

extension Bindings {
  /// `lunette.linalg`: decompositions and solvers, on LAPACK.
  static func addLinearAlgebra(to lunette: LuaModule) throws {
    let linalg = try lunette.module("linalg")
    try addPrincipalComponents(to: linalg)
    try linalg.function("svd(x, {full})") { call in
      let (u, s, vh) = try LinearAlgebra.svd(call.tensor(1, rank: 2), full: call["full"] ?? false)
      return LuaMany(u, s, vh)
    }
    try linalg.function("qr(x)") { call in
      let (q, r) = try LinearAlgebra.qr(call.tensor(1, rank: 2))
      return LuaMany(q, r)
    }
    try linalg.function("eigh(x)") { call in
      let (values, vectors) = try LinearAlgebra.eigh(call.square(1))
      return LuaMany(values, vectors)
    }
    try linalg.function("solve(a, b)") { call in try LinearAlgebra.solve(call.square(1), call[2]) }
    try linalg.function("lstsq(a, b)") { call in try LinearAlgebra.lstsq(call.tensor(1, rank: 2), call[2]) }
    try linalg.function("pinv(x)") { call in try LinearAlgebra.pinv(call.tensor(1, rank: 2)) }
    try linalg.function("inv(x)") { call in try LinearAlgebra.inverse(call.square(1)) }
    try linalg.function("det(x)") { call in try LinearAlgebra.determinant(call.square(1)) }
    try linalg.function("norm(x, order?)") { call in try LinearAlgebra.norm(call[1], call.normOrder(2)) }
    try linalg.function("sqrtm(x)") { call in try LinearAlgebra.sqrtm(call.square(1)) }
  }
}

extension LuaCall {
  fileprivate func normOrder(_ position: Int) throws -> LinearAlgebra.NormOrder {
    let slot = slot(position)
    if slot.isNothing { return .frobenius }
    if let number = slot.number { return .power(number) }
    switch try self[position] as String {
    case "fro": return .frobenius
    case "nuc": return .nuclear
    case let other: throw LuaArgumentError(position, "a number, 'fro' or 'nuc' expected, got '\(other)'")
    }
  }

  fileprivate func square(_ position: Int) throws -> Tensor {
    let tensor = try tensor(position, rank: 2)
    guard tensor.shape[0] == tensor.shape[1] else {
      throw LuaArgumentError(position, "square matrix expected, got \(Shape.text(tensor.shape))")
    }
    return tensor
  }
}
