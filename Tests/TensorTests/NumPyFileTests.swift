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

  /// A version 1.0 file with this header, and the numbers 0 to 5 as little-endian float32.
  private func file(_ header: String, data: [UInt8]? = nil, version: [UInt8] = [1, 0]) -> [UInt8] {
    let numbers = (0..<6).flatMap { withUnsafeBytes(of: Float($0)) { [UInt8]($0) } }
    let length = header.utf8.count
    let size = [UInt8(length & 255), UInt8(length >> 8 & 255)] + (version[0] == 1 ? [] : [0, 0])
    return [0x93] + Array("NUMPY".utf8) + version + size + Array(header.utf8) + (data ?? numbers)
  }

  /// Whatever Python makes of the dictionary, as `numpy.load` has it evaluated.
  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
    "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 3)}",
    "{'descr': 'f4', 'fortran_order': False, 'shape': (2, 3)}\n",
    "{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': 'float32', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '<f', 'fortran_order': False, 'shape': (2, 3)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}",
    "  {\n\t'shape':(2,3,),'fortran_order' : False ,u'descr':u'<f4'}  \n",
    "{'shape': (+2, (3)), 'descr': '<' 'f4', 'fortran_order': False}",
    "{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
  ])
  func readsHeadersAsPythonDoes(_ header: String) throws {
    for version: [UInt8] in [[1, 0], [2, 0], [3, 0]] {
      let x = try Tensor(numPy: file(header, version: version))
      #expect(x.shape == [2, 3] && x.toArray() == [0, 1, 2, 3, 4, 5])
    }
  }

  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}", "the shape is not a tuple"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", "the shape is not a tuple"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3.0)}", "expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, True)}", "not a tuple of integers"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", "neither True nor False"),
    ("{'descr': '<f4', 'fortran_order': False}", "must have descr, fortran_order and shape"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", "nothing else"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}", "records"),
    ("{'descr': '<U4', 'fortran_order': False, 'shape': (6,)}", "NumPy type <U4 cannot be read"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (6,)}", "NumPy type |O cannot be read"),
    ("{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}", "'}'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", "something follows"),
    ("{'descr': '<f4, 'fortran_order': False, 'shape': (2, 3)}", "broken header"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "is not a size"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (((((((((((2", "broken header"),
    ("", "'{' expected"),
  ])
  func refusesOtherHeaders(_ header: String, _ why: String) {
    let said = message { _ = try Tensor(numPy: file(header)) }
    #expect(said.contains(why) || (why == "'}'" && said.contains("',' expected")), "\(said)")
  }

  @Test func bothByteOrders() throws {
    for type in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"] {
      let x = try golden("npy.big.\(type)")
      let signed = !type.hasPrefix("u")
      #expect(x.shape == [2, 3] && x.toArray() == [0, 1, 2, 3, 100, signed ? -7 : 7], "\(type)")
    }
    #expect(try golden("npy.big-endian").toArray() == (0..<24).map(Float.init))
  }

  /// Damaged headers and sizes: an error, or a tensor of what the file holds, and no more memory than that.
  @Test func damagedFiles() throws {
    var state = TorchCPUGenerator(seed: 4)
    let marks = Array("{}()'\",: -+_L0189<>=|fiub\n\\".utf8) + [0, 0x93, 0xff]
    let whole = file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }")
    let before = Storage.liveByteCount
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...(state.next() % 3) {
        let place = Int(state.next() % UInt64(bytes.count))
        let mark = marks[Int(state.next() % UInt64(marks.count))]
        switch state.next() % 4 {
        case 0: bytes[place] = mark
        case 1: bytes.insert(mark, at: place)
        case 2: bytes.remove(at: place)
        default: bytes.replaceSubrange(place..<place, with: bytes[(place / 2)..<place])
        }
      }
      if let x = try? Tensor(numPy: bytes) { #expect(x.count <= bytes.count) }
    }
    #expect(Storage.liveByteCount == before)
  }
}
