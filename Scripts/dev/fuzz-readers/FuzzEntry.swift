// What libFuzzer calls. It brings its own `main`; which reader is meant, the environment says.
#if Fuzzing
  import Glibc

  private let reader: Reader = {
    let name = getenv("LUNETTE_FUZZ_READER").map { String(cString: $0) } ?? ""
    guard let reader = Reader(rawValue: name) else { fatalError("LUNETTE_FUZZ_READER: no reader '\(name)'") }
    return reader
  }()

  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do {
      try reader.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
      fatalError("\(error)")
    }
    return 0
  }
#endif
