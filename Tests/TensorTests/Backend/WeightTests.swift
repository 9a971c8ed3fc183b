import Synchronization
import Tensor
import Testing

@Suite(.serialized) struct WeightTests {
  @Test func isTheSameBeforeAndAfterPacking() throws {
    for (shape, images) in [
      ([70, 33], [5, 33]), ([64, 48, 3, 3], [1, 6, 6, 48]), ([20, 5, 1, 1], [1, 4, 4, 5]),
    ] {
      let original = try Reference.noise(shape), x = try Reference.noise(images)
      let weight = Weight(try original.clone())
      func run() throws -> [Float] {
        try shape.count == 2
          ? x.linear(weight).toArray() : x.convolution(weight, padding: .same(shape[2] / 2)).toArray()
      }
      let first = try run()
      #expect(try weight.tensor().toArray() == original.toArray())
      #expect(try run() == first)
      // Another backend reads the checkpoint's order.
      let plain = try Compute.$backend.withValue(OpenBLASBackend()) { try run() }
      #expect(zip(plain, first).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  /// Nothing is read before the first use, and nothing of what was read stays but what the backend made of it.
  @Test func readsWhenItIsUsed() throws {
    let original = try Reference.noise([96, 64]), x = try Reference.noise([5, 64])
    let readings = Mutex(0)
    let weight = Weight(
      shape: [96, 64],
      reader: WeightReader {
        readings.withLock { $0 += 1 }
        return try original.viewed([96, 64, 1, 1])
      })
    #expect(readings.withLock { $0 } == 0)
    let first = try x.linear(weight).toArray()
    #expect(try first == x.linear(Weight(original)).toArray())
    #expect(try x.linear(weight).toArray() == first)
    #expect(readings.withLock { $0 } == 1)
    #expect(try weight.tensor().toArray() == original.toArray())
    let plain = try Compute.$backend.withValue(OpenBLASBackend()) { try x.linear(weight).toArray() }
    #expect(zip(plain, first).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func anotherShapeMayPackAgain() throws {
    let original = try Reference.noise([64, 4, 3, 3]), weight = Weight(try original.clone())
    for side in [1, 2, 5, 16, 31, 3, 64, 7, 9, 11, 1] {
      let x = try Reference.noise([1, side, side, 4])
      let found = try x.convolution(weight).toArray()
      let expected = try x.convolution(Weight(original)).toArray()
      #expect(found == expected)
    }
  }

  #if OneDNN
    @Test func givesUpTheFirstOrderOncePacked() throws {
      let shape = [256, 256, 3, 3], bytes = shape.reduce(4, *)
      let before = Storage.liveByteCount
      let weight = Weight(try Tensor.ones(shape))
      _ = try Tensor.ones([1, 8, 8, 256]).convolution(weight)
      #expect(Storage.liveByteCount - before < bytes * 3 / 2)
      #expect(try weight.tensor().toArray().allSatisfy { $0 == 1 })
    }
  #endif
}
