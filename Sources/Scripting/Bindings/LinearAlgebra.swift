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
    try linalg.function("sqrtm(x)") { call in try LinearAlgebra.sqrtm(call.square(1)) }
  }
}

extension LuaCall {
  fileprivate func square(_ position: Int) throws -> Tensor {
    let tensor = try tensor(position, rank: 2)
    guard tensor.shape[0] == tensor.shape[1] else {
      throw LuaArgumentError(position, "square matrix expected, got \(Shape.text(tensor.shape))")
    }
    return tensor
  }
}
