import Foundation
import Platform
import Testing

@testable import Tensor

@Suite struct NumPyFileTests {
  @Test(arguments: ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "fortran"])
  func reads(_ kind: String) throws {
    let x = try golden("npy.\(kind)")
    #expect(x.shape == [2, 3, 4] && x.isContiguous)
    #expect(x.toArray() == (0..<24).map(Float.init))
  }

  @Test func readsOtherShapes() throws {
    #expect(try golden("npy.b1").sum().item() == 23)
    #expect(try golden("npy.scalar").shape == [] && golden("npy.scalar").item() == 2.5)
    #expect(try golden("npy.vector").shape == [5])
  }

  @Test func writesWhatNumPyWrites() throws {
    for name in ["f4", "scalar", "vector"] {
      let path =
        "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Goldens/npy.\(name).npy"
      #expect(try golden("npy.\(name)").numPyBytes() == FileBytes.read(path))
    }
  }

  @Test func writesViews() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("lunette-\(UUID()).npy").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let x = try Tensor.arange(0, 6).reshaped([2, 3]).transposed(0, 1)
    try x.save(numPyFile: path)
    #expect(try distance(Tensor(numPyFile: path), x) == 0)
    #expect(
      message { try x.save(numPyFile: "/nowhere/x.npy") } == "/nowhere/x.npy: No such file or directory")
    #expect(
      message { _ = try Tensor(numPyFile: "/nowhere/x.npy") } == "/nowhere/x.npy: No such file or directory")
    #expect(message { _ = try Tensor(numPyFile: "/tmp") } == "/tmp: a folder, not a file")
  }

  @Test func namesWhatIsWrong() throws {
    #expect(message { _ = try golden("npy.big-endian") }.contains("NumPy type >f4 cannot be read"))
    #expect(message { _ = try golden("npy.complex") }.contains("NumPy type <c8 cannot be read"))
    let whole = try Tensor.arange(0, 6).reshaped([2, 3]).numPyBytes()
    for end in 0..<whole.count {
      #expect(message { _ = try Tensor(numPy: Array(whole[..<end])) } != "no error", "cut at \(end)")
    }
    let lying = String(decoding: whole, as: UTF8.self).contains("(2, 3)")
    #expect(lying)
    for shape in ["(9, 3)", "(-2, -3)", "(9999999999, 9999999999)", "(2, x)"] {
      let header = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }\n"
      let bytes =
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
        + whole.suffix(24)
      #expect(message { _ = try Tensor(numPy: bytes) } != "no error", "\(shape)")
    }
    #expect(
      message { _ = try Tensor(numPy: whole + [0]) } == "a tensor {2, 3} takes 24 bytes, the file holds 25")
  }
}
