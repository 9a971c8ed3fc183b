import Synchronization
import Tensor
import Testing

/// Weights that are read from a file a few outputs at a time, and how long what was made of them stays.
@Suite(.serialized) struct WeightPoolTests {
  /// A weight, what goes through it, and how often each of its outputs has been read.
  private final class Layer: Sendable {
    let original: Tensor
    let images: [Int]
    let readings: Mutex<[Int]>

    init(_ shape: [Int], images: [Int]) throws {
      original = try Reference.noise(shape)
      self.images = images
      readings = Mutex(Array(repeating: 0, count: shape[0]))
    }

    func weight(_ pool: WeightPool?) -> Weight {
      let width = original.count / original.shape[0]
      return Weight(
        shape: original.shape, pool: pool,
        reader: WeightReader(
          whole: {
            self.readings.withLock { for output in $0.indices { $0[output] += 1 } }
            return try self.original.clone()
          },
          rows: { rows, out in
            self.readings.withLock { for output in rows { $0[output] += 1 } }
            self.original.withUnsafeBuffer { numbers in
              for index in 0..<rows.count * width { out[index] = numbers[rows.lowerBound * width + index] }
            }
          }))
    }

    func run(_ weight: Weight) throws -> [Float] {
      let x = try Reference.noise(images, seed: 2)
      return original.rank == 2
        ? try x.linear(weight).toArray()
        : try x.convolution(
          weight, padding: .same(original.shape[2] / 2), groups: images[3] / original.shape[1]
        ).toArray()
    }

    var reads: Set<Int> { Set(readings.withLock { $0 }) }
  }

  /// Outputs in pieces and a rest, fewer than a piece, a pointwise kernel, Winograd's, and groups, which pack as a whole.
  private static let layers = [
    ([200, 33], [5, 33]), ([128, 64], [1, 64]), ([20, 48], [7, 48]), ([96, 64, 3, 3], [1, 6, 6, 64]),
    ([3, 16, 3, 3], [1, 9, 9, 16]), ([70, 5, 1, 1], [1, 4, 4, 5]), ([64, 64, 3, 3], [1, 64, 64, 64]),
    ([64, 16, 3, 3], [1, 6, 6, 32]),
  ]

  @Test(arguments: layers)
  func outputsReadByThemselvesGiveTheSameBytes(shape: [Int], images: [Int]) throws {
    let layer = try Layer(shape, images: images)
    let expected = try layer.run(Weight(layer.original))
    let weight = layer.weight(nil)
    #expect(layer.reads == [0])
    #expect(try layer.run(weight) == expected)
    #expect(try layer.run(weight) == expected)
    if Compute.backend is OneDNNBackend { #expect(layer.reads == [1]) }
    #expect(try weight.tensor().toArray() == layer.original.toArray())
  }

  @Test(arguments: layers)
  func releasedWeightsAreReadAgain(shape: [Int], images: [Int]) throws {
    let layer = try Layer(shape, images: images)
    let pool = WeightPool(.pool)
    let weight = layer.weight(pool)
    let before = Storage.liveByteCount
    let first = try layer.run(weight)
    _ = try weight.tensor()
    #expect(Storage.liveByteCount > before)
    pool.release()
    #expect(Storage.liveByteCount <= before)
    let reads = layer.reads
    #expect(try layer.run(weight) == first)
    #expect(layer.reads != reads)
  }

  @Test(arguments: layers)
  func nothingStaysOfWeightsThatPass(shape: [Int], images: [Int]) throws {
    let layer = try Layer(shape, images: images)
    let expected = try layer.run(Weight(layer.original))
    let weight = layer.weight(WeightPool(.operation))
    let before = Storage.liveByteCount
    for use in 1...3 {
      #expect(try layer.run(weight) == expected)
      #expect(layer.reads == [use])
      #expect(Storage.liveByteCount <= before)
    }
    _ = try weight.tensor()
    #expect(Storage.liveByteCount <= before)
  }

  @Test func whatIsKeptAlwaysIsNotReleased() throws {
    let layer = try Layer([64, 32], images: [4, 32])
    let pool = WeightPool(.always)
    let weight = layer.weight(pool)
    _ = try layer.run(weight)
    pool.release()
    _ = try layer.run(weight)
    #expect(layer.reads == [1])
  }

  @Test func joinedMatricesAreReadPartByPart() throws {
    let parts = try [3, 70, 130].map { try Reference.noise([$0, 24], seed: UInt64($0)) }
    let readers = parts.map { part in
      let reader = WeightReader(
        whole: { part },
        rows: { rows, out in
          for (index, row) in rows.enumerated() {
            for (column, value) in try part.selected(0, row).toArray().enumerated() {
              out[24 * index + column] = value
            }
          }
        })
      return (reader: reader, rows: part.shape[0])
    }
    let joined = WeightReader(joining: readers, width: 24)
    let whole = try Tensor.concatenated(parts, dim: 0)
    #expect(try joined.whole().toArray() == whole.toArray())
    let x = try Reference.noise([6, 24], seed: 9)
    let weight = Weight(shape: [203, 24], reader: joined)
    #expect(try x.linear(weight).toArray() == x.linear(Weight(whole)).toArray())
  }
}
