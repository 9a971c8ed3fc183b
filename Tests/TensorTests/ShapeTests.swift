import Testing

@testable import Tensor

@Suite struct ShapeTests {
  @Test func viewsShareStorage() throws {
    let x = try Tensor.arange(0, 24).reshaped([2, 3, 4])
    let column = try x.narrowed(2, start: 1, length: 2).selected(1, -1)
    #expect(column.shape == [2, 2])
    #expect(column.toArray() == [9, 10, 21, 22])
    try column.fill_(0)
    #expect(try x.selected(1, 2).toArray() == [8, 0, 0, 11, 20, 0, 0, 23])
    let turned = try x.permuted([2, 0, 1])
    #expect(turned.shape == [4, 2, 3])
    #expect(try turned.selected(0, 3).toArray() == [3, 7, 11, 15, 19, 23])
    #expect(try turned.contiguous().toArray() == turned.toArray())
  }

  @Test func reshapesWithoutCopyWhereStridesAllow() throws {
    let x = try Tensor.arange(0, 24).reshaped([2, 3, 4])
    let rows = try x.narrowed(0, start: 1, length: 1)
    #expect(try rows.viewed([3, 2, 2]).storage === x.storage)
    let split = try x.transposed(0, 1).viewed([3, 2, 2, 2])
    #expect(try split.toArray() == x.transposed(0, 1).toArray())
    #expect(try x.transposed(0, 2).reshaped([-1]).toArray() == x.transposed(0, 2).toArray())
    #expect(message { _ = try x.transposed(0, 2).viewed([24]) }.contains("without a copy"))
    #expect(try x.reshaped([4, -1]).shape == [4, 6])
    #expect(message { _ = try x.reshaped([5, -1]) }.contains("cannot be reshaped to {5, -1}"))
    #expect(try Tensor.zeros([0, 3]).reshaped([0]).count == 0)
  }

  @Test func copiesTransposedInTiles() throws {
    let (h, w) = (37, 53)
    let x = try Tensor.arange(0, Double(2 * h * w)).reshaped([2, h, w])
    let turned = try x.transposed(1, 2).contiguous()
    let values = turned.toArray()
    for (n, i, j) in [(0, 0, 0), (0, 52, 36), (1, 17, 16), (1, 52, 0), (1, 31, 35)] {
      #expect(values[(n * w + i) * h + j] == Float((n * h + j) * w + i))
    }
  }

  @Test func indexesAsScriptsDo() throws {
    let x = try Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
    #expect(try x.indexed([.range(0..<2), .at(0)]).toArray() == [1, 3])
    #expect(try x.indexed([.all, .at(1)]).toArray() == [2, 4, 6])
    #expect(try x.indexed([.at(2)]).toArray() == [5, 6])
    #expect(message { _ = try x.indexed([.all, .all, .all]) } == "3 indices for a tensor {3, 2}")
  }

  @Test func joinsAndRepeats() throws {
    let x = try Tensor([1, 2, 3, 4], shape: [2, 2])
    #expect(try Tensor.concatenated([x, x.transposed(0, 1)], dim: 1).toArray() == [1, 2, 1, 3, 3, 4, 2, 4])
    #expect(try Tensor.stacked([x, x], dim: -1).toArray() == [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(try x.tiled([2, 3]).shape == [4, 6])
    #expect(try x.tiled([1, 2]).toArray() == [1, 2, 1, 2, 3, 4, 3, 4])
    #expect(try x.embedding(rows: [1, 1, 0]).toArray() == [3, 4, 3, 4, 1, 2])
    #expect(try x.gathered(1, [1]).toArray() == [2, 4])
    #expect(message { _ = try x.embedding(rows: [2]) }.contains("index 2 is out of range"))
    #expect(message { _ = try Tensor.concatenated([x, .zeros([2])]) }.contains("{2, 2} and {2}"))
    #expect(try x.split(1, dim: 1).map { $0.toArray() } == [[1, 3], [2, 4]])
  }

  @Test func refusesWhatCannotBe() throws {
    #expect(message { _ = try Tensor.zeros([1_000_000, 1_000_000]) }.contains("3.6 TB"))
    #expect(message { _ = try Tensor.zeros([Int.max, 2]) }.contains("more elements than can be counted"))
    #expect(message { _ = try Tensor.zeros([Int.max, 2, 0]) }.contains("out of memory"))
    #expect(message { _ = try Tensor.zeros([2, -1]) } == "sizes cannot be negative, got {2, -1}")
    #expect(message { _ = try Tensor.zeros([Int](repeating: 1, count: 9)) }.contains("at most 8 dimensions"))
    #expect(message { _ = try Tensor.zeros([1]).expanded([Int.max / 8]) }.contains("out of memory"))
    #expect(
      message { _ = try Tensor([1, 2], shape: [3]) } == "2 numbers do not fill a tensor {3}, 3 are needed")
    let x = try Tensor.zeros([2, 3])
    #expect(message { _ = try x.selected(0, 2) }.contains("index 2 is out of range"))
    #expect(message { _ = try x.selected(2, 0) }.contains("dimension 2 is out of range"))
    #expect(message { _ = try x.narrowed(0, start: 1, length: Int.max) }.contains("leaves dimension 0"))
    #expect(message { _ = try x.permuted([0, 0]) }.contains("each of 2 dimensions once"))
    #expect(message { _ = try x.item() } == "item needs a tensor of one element, got {2, 3}")
    #expect(message { _ = try Tensor.arange(0, 1e300) }.contains("too many"))
    #expect(message { _ = try Tensor.arange(0, .nan) }.contains("finite"))
  }

  @Test func countsLiveBytes() throws {
    let before = Storage.liveByteCount
    let x = try Tensor.zeros([1 << 20])
    #expect(Storage.liveByteCount - before == 4 << 20)
    #expect(x.storage.byteCount == 4 << 20)
  }
}

@Suite struct StorageTests {
  @Test func returnsAndReusesBlocks() throws {
    let before = Storage.liveByteCount
    for size in [1, 1 << 14, 1 << 18, 1 << 20, (1 << 22) + 7] {
      for round in 0..<3 {
        let x = try Tensor.full([size], Float(round))
        #expect(Int(bitPattern: x.storage.block.kernelAddress) % 64 == 0)
        #expect(try x.sum().item() == Float(size * round))
        let y = try Tensor.full([size], -1)
        #expect(try x.max().item() == Float(round) && y.max().item() == -1)
      }
    }
    #expect(Storage.liveByteCount == before)
  }

  @Test func wrapsForeignMemoryWithoutFreeingIt() throws {
    final class Owner { let memory = UnsafeMutablePointer<Float>.allocate(capacity: 4) }
    let owner = Owner()
    owner.memory.update(repeating: 3, count: 4)
    do {
      let storage = Storage(pointer: owner.memory, count: 4, owner: owner)
      #expect(try Tensor(storage: storage, shape: [3], offset: 1).sum().item() == 9)
      #expect(message { _ = try Tensor(storage: storage, shape: [4], offset: 1) }.contains("does not fit"))
    }
    #expect(owner.memory[3] == 3)
    owner.memory.deallocate()
  }
}
