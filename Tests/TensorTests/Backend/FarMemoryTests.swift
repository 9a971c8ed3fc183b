#if DEBUG
  import Glibc
  import Testing

  @testable import Tensor

  /// Memory that the host cannot follow: what goes through the accessors works, what goes round them crashes.
  @Suite struct FarMemoryTests {
    @Test func accessorsReachIt() throws {
      let far = try #require(FarMemory())
      let x = try Tensor.uninitialized([2, 3], in: far)
      try x.withUnsafeMutableBuffer { numbers in
        for index in numbers.indices { numbers[index] = Float(index) }
      }
      #expect(try x.permuted([1, 0]).toArray() == [0, 3, 1, 4, 2, 5])
      #expect(try x.sum().item() == 15)
    }

    #if compiler(>=6.2)
      /// The reason for the whole device: a read by the address, as code would do it that forgot the accessors.
      @Test func aReadByTheAddressTraps() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
          let far = try #require(FarMemory())
          let x = try Tensor.uninitialized([4], in: far)
          let number = x.storage.block.address[0]
          Issue.record("it could be read: \(number)")
        }
      }
    #endif
  }
#endif
