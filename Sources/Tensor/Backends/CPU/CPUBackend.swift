import CKernels

/// What all backends on the processor share: the operations that our own C kernels do best.
protocol CPUBackend: Backend {}

extension CPUBackend {
  public func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, activation: Activation
  ) throws -> Tensor {
    let out = try Tensor.uninitialized(x.shape)
    let failed = ck_group_norm(
      out.base, x.base, x.shape[0], x.shape[1], x.shape[2], groups, weight.base, bias.base, epsilon,
      activation.rawValue)
    guard failed == 0 else { throw TensorError("out of memory: no room for the statistics of a group norm") }
    return out
  }

  public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) throws -> Tensor {
    let out = try Tensor.uninitialized(x.shape)
    let width = weight.count
    ck_layer_norm(out.base, x.base, x.count / width, width, weight.base, bias.base, epsilon)
    return out
  }

  public func softmax(_ x: Tensor) throws -> Tensor {
    let out = try Tensor.uninitialized(x.shape)
    let width = x.shape[x.rank - 1]
    ck_softmax(out.base, x.base, x.count / width, width)
    return out
  }

  public func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: AttentionMask, sums: Tensor?
  ) throws -> Tensor {
    let out = try Tensor.uninitialized(query.shape)
    var call = attentionCall(query: query, key: key, heads: heads, scale: scale, mask: mask, sums: sums)
    call.v = UnsafePointer(value.base)
    (call.v_image, call.v_row) = (value.strides[0], value.strides[1])
    call.out = out.base
    guard ck_attention(&call) == 0 else {
      throw TensorError("out of memory: no room for attention's scratch")
    }
    return out
  }

  public func addProbabilities(
    query: Tensor, key: Tensor, heads: Int, scale: Float, mask: AttentionMask, sums: Tensor
  ) throws {
    var call = attentionCall(query: query, key: key, heads: heads, scale: scale, mask: mask, sums: sums)
    guard ck_attention(&call) == 0 else {
      throw TensorError("out of memory: no room for attention's scratch")
    }
  }

  private func attentionCall(
    query: Tensor, key: Tensor, heads: Int, scale: Float, mask: AttentionMask, sums: Tensor?
  ) -> ck_attention_call {
    var call = ck_attention_call()
    (call.images, call.heads, call.width) = (query.shape[0], heads, query.shape[2] / heads)
    (call.queries, call.keys) = (query.shape[1], key.shape[1])
    (call.q, call.k) = (UnsafePointer(query.base), UnsafePointer(key.base))
    (call.q_image, call.q_row) = (query.strides[0], query.strides[1])
    (call.k_image, call.k_row) = (key.strides[0], key.strides[1])
    if let sums {
      call.sums = sums.base
      call.sums_image = sums.strides[0]
    }
    (call.scale, call.causal) = (scale, mask == .causal)
    return call
  }

  public func geglu(_ x: Tensor) throws -> Tensor {
    var shape = x.shape
    let width = shape[x.rank - 1] / 2
    shape[x.rank - 1] = width
    let out = try Tensor.uninitialized(shape)
    ck_geglu(out.base, x.base, out.count / width, width)
    return out
  }

  public func upsampledNearest2x(_ x: Tensor) throws -> Tensor {
    let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let out = try Tensor.uninitialized([n, 2 * h, 2 * w, c])
    ck_upsample_nearest_2x(out.base, x.base, n, h, w, c)
    return out
  }
}
