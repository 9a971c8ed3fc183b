import CLua54
import CLuaBridge

/// A table of bound functions.
///
/// ```swift
/// try module.function("svd(x, {full})") { call in
///   let x: Tensor = try call[1]
///   let (u, s, v) = try LinearAlgebra.svd(x, full: call["full"] ?? false)
///   return LuaMany(u, s, v)
/// }
/// ```
/// The body returns what Lua gets: nothing, one `LuaPushable`, several as `LuaMany`, or a `LuaStep`, to yield.
public struct LuaModule {
  public let state: LuaState
  public let table: LuaTable

  /// A table that is there, to put functions into.
  public init(state: LuaState, table: LuaTable) { (self.state, self.table) = (state, table) }

  public func function(_ signature: String, _ body: @escaping (LuaCall) throws -> some LuaResults) throws {
    let box = LuaFunctionBox(LuaSignature(signature)) { call in try body(call).pushAll(for: call) }
    try table.set(box.signature.name, BoundFunction(box: box))
  }

  /// A function without a result.
  @_disfavoredOverload
  public func function(_ signature: String, _ body: @escaping (LuaCall) throws -> Void) throws {
    try function(signature) { call in
      try body(call)
      return LuaMany()
    }
  }

  /// A field that is not a function.
  public func value(_ name: String, _ value: some LuaPushable) throws { try table.set(name, value) }

  /// A module within, `lunette.tensor` in `lunette`.
  public func module(_ name: String) throws -> LuaModule {
    let module = try state.module()
    try table.set(name, module.table)
    return module
  }

  /// What calling the module's table itself does: `t{1, 2}`.
  public func calling(_ signature: String, _ body: @escaping (LuaCall) throws -> some LuaResults) throws {
    let metatable = try state.module()
    let box = LuaFunctionBox(LuaSignature(signature), hasObject: true) { call in
      try body(call).pushAll(for: call)
    }
    try metatable.table.set("__call", BoundFunction(box: box))
    try table.setMetatable(metatable.table)
  }
}

/// A Swift closure, to be pushed as a Lua function.
struct BoundFunction: LuaPushable {
  let box: LuaFunctionBox
  func push(to state: LuaState) throws { try state.pushFunction(box) }
}

extension LuaState {
  public func module() throws -> LuaModule { LuaModule(state: self, table: try table()) }

  /// A Swift closure as a Lua function of its own.
  public func function(
    _ signature: String, _ body: @escaping (LuaCall) throws -> some LuaResults
  ) throws -> LuaFunction {
    try pushFunction(LuaFunctionBox(LuaSignature(signature)) { call in try body(call).pushAll(for: call) })
    return LuaFunction(try popReference())
  }

  /// A Swift closure without a result as a Lua function of its own.
  @_disfavoredOverload
  public func function(_ signature: String, _ body: @escaping (LuaCall) throws -> Void) throws -> LuaFunction
  {
    try function(signature) { call in
      try body(call)
      return LuaMany()
    }
  }
}
