import Testing

@testable import Tensor

/// The tape itself: when it exists, what it refuses, and that nothing is left of it.
@Suite(.serialized) struct TapeTests {
  private func marked(_ values: [Float]) throws -> Tensor {
    try Tensor(values, shape: [values.count]).requiringGradient()
  }

  @Test func existsOnlyWhereAGradientIsWanted() throws {
    let x = try marked([1, 2])
    #expect(x.requiresGradient && x.isLeaf)
    #expect(try x.exp().requiresGradient)
    #expect(try !x.exp().isLeaf)
    #expect(try !Tensor.ones([2]).exp().requiresGradient)
    #expect(try !x.detached.exp().requiresGradient)
    #expect(try !x.greater(than: 1).requiresGradient)
    let silent = try Gradients.withoutRecording { try x.exp().adding(x) }
    #expect(!silent.requiresGradient)
    #expect(x.requiringGradient().node === x.node)
  }

  @Test func gradientsAddUp() throws {
    let x = try marked([1, 2])
    try x.square().sum().backward()
    #expect(x.gradient?.toArray() == [2, 4])
    try x.sum().backward()
    #expect(x.gradient?.toArray() == [3, 5])
    try x.setGradient(nil)
    #expect(x.gradient == nil)
    // A number that is itself marked.
    let y = try Tensor.scalar(3).requiringGradient()
    try y.backward()
    #expect(try y.gradient?.item() == 1)
    // Gradients of two leaves do not share storage.
    let (a, b) = (try marked([1]), try marked([2]))
    try a.adding(b).sum().backward()
    try a.gradient?.mul_(5)
    #expect(b.gradient?.toArray() == [1])
  }

  @Test func gradientsOfChosenTensors() throws {
    let (a, b) = (try marked([1, 2]), try marked([3, 4]))
    let product = try a.multiplying(b)
    let loss = try product.square().sum()
    let found = try loss.gradients(of: [product, b], keepsTape: true)
    #expect(found[0].toArray() == [6, 16])
    #expect(found[1].toArray() == [6, 32])
    #expect(a.gradient == nil)
    #expect(try loss.gradients(of: [a])[0].toArray() == [18, 64])
    #expect(
      try message { _ = try a.sum().gradients(of: [b]) }.contains(
        "the result does not depend on the tensor {2}"))
    #expect(
      message { _ = try a.sum().gradients(of: [.ones([1])]) }.contains("does not require a gradient"))
  }

  @Test func refusesWhatHasNoGradient() throws {
    let x = try marked([1, 2])
    #expect(message { try x.exp().backward() }.contains("starts from one number, got {2}"))
    #expect(
      try message { try Tensor.scalar(1).backward() }.contains(
        "does not depend on a tensor that requires a gradient"))
    let loss = try x.exp().sum()
    try loss.backward()
    #expect(message { try loss.backward() }.contains("was differentiated before and is gone"))
    let shared = try x.exp()
    let (first, second) = (try shared.sum(), try shared.square().sum())
    try first.backward(keepsTape: true)
    try second.backward()
    #expect(message { try first.backward() }.contains("was differentiated before and is gone"))
    #expect(try message { _ = try LinearAlgebra.pinv(x.reshaped([1, 2])) }.contains("pinv has no gradient"))
    #expect(message { try x.exp().setGradient(nil) }.contains("only a tensor that was marked"))
    #expect(message { try x.setGradient(.ones([3])) }.contains("has its shape, got {3}"))
  }

  @Test func refusesToWriteOverTheTape() throws {
    let x = try marked([1, 2])
    #expect(message { try x.add_(1) }.contains("cannot be written in place"))
    #expect(try message { try x.exp().selected(0, 0).fill_(0) }.contains("cannot be written in place"))
    let buffer = try Tensor.zeros([2])
    #expect(message { try buffer.copy(from: x) }.contains("would lose the gradient"))
    #expect(message { try buffer.add_(x) }.contains("would lose the gradient"))
    try Gradients.withoutRecording { try x.add_(1) }
    #expect(x.toArray() == [2, 3])
    // What the rule keeps must not change before it runs; what it does not need may.
    let weights = try Tensor.ones([2])
    let loss = try x.multiplying(weights).sum()
    try weights.selected(0, 1).fill_(5)
    #expect(message { try loss.backward() }.contains("was written in place after it was used"))
    let offset = try Tensor.ones([2])
    let sum = try x.adding(offset).sum()
    try offset.fill_(7)
    try sum.backward()
    #expect(x.gradient?.toArray() == [1, 1])
  }

  @Test func longTapes() throws {
    let x = try Tensor.scalar(1).requiringGradient()
    var sum = x
    for _ in 0..<50_000 { sum = try sum.adding(x) }
    try sum.backward()
    #expect(try x.gradient?.item() == 50_001)
    // One that nobody goes back over must not overflow the stack when it is let go.
    var other = x
    for _ in 0..<50_000 { other = try other.multiplying(x) }
    #expect(other.requiresGradient)
  }

  @Test func nothingIsLeft() throws {
    let x = try Tensor.ones([64, 64]).requiringGradient()
    func pass() throws {
      let loss = try x.matmul(x).softmax().multiplying(x).sum()
      try loss.backward()
      try x.setGradient(nil)
    }
    try pass()
    let before = Storage.liveByteCount
    for _ in 0..<1000 { try pass() }
    #expect(Storage.liveByteCount == before)
    // Without going back.
    for _ in 0..<100 { _ = try x.matmul(x).softmax().exp() }
    #expect(Storage.liveByteCount == before)
  }

  @Test func checkpoints() throws {
    let (a, b) = (try marked([1, 2]), try marked([3, 4]))
    let plain = try Tensor([5, 6], shape: [2])
    var calls = 0
    let body: ([Tensor]) throws -> [Tensor] = { inputs in
      calls += 1
      let product = try inputs[0].multiplying(inputs[1])
      return [product, try product.exp().sum(), product, inputs[2]]
    }
    let parts = try Tensor.rematerialized([a, b, plain], body)
    let found = try parts[0].sum().adding(parts[2].multiplying(plain).sum()).gradients(of: [a, b])
    #expect(calls == 2)
    #expect(found[0].toArray() == [18, 28])
    #expect(found[1].toArray() == [6, 14])
    #expect(try Tensor.rematerialized([plain, plain, plain], body)[0].requiresGradient == false)
    #expect(calls == 3)
  }

  @Test func straightThrough() throws {
    let x = try marked([0.2, 1.7])
    let rounded = try x.straightThrough(x.round())
    #expect(rounded.toArray() == [0, 2])
    try rounded.square().sum().backward()
    #expect(x.gradient?.toArray() == [0, 4])
  }
}
