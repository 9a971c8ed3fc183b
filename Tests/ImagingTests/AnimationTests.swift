import Tensor
import Testing

@testable import Imaging

@Suite struct AnimationTests {
  private func frame(_ value: Float) throws -> Image {
    try Image(Tensor([Float](repeating: value, count: 12), shape: [2, 2, 3]))
  }

  @Test func theFirstFrameIsAPictureForEveryone() throws {
    let file = try Animation([frame(0), frame(0.5), frame(1)], delay: 0.25, loops: 2).pngData()
    #expect(try Image(pngData: file).tensor.toArray().allSatisfy { $0 == 0 })
    func count(_ name: String) -> Int {
      let name = Array(name.utf8)
      return file.indices.dropLast(3).count { file[$0..<$0 + 4].elementsEqual(name) }
    }
    #expect(
      count("acTL") == 1 && count("fcTL") == 3 && count("IDAT") == 1 && count("fdAT") == 2
        && count("IEND") == 1)
  }

  @Test func refusesWhatIsNone() throws {
    #expect(throws: ImagingError("an animation needs at least one image")) { try Animation([]) }
    let other = try Image(Tensor([0, 0], shape: [1, 2]))
    #expect(throws: ImagingError.self) { try Animation([frame(0), other]) }
    #expect(throws: ImagingError.self) { try Animation([frame(0)], delay: .nan) }
    #expect(throws: ImagingError.self) { try Animation([frame(0)], loops: -1) }
  }

  @Test func sheetsAreDrawnWithTheirLabels() throws {
    let sheet = try ContactSheet([frame(0), frame(1), frame(0)], columns: 2, labels: ["<cat>", "dog", "猫"])
    let svg = try sheet.svg()
    #expect(svg.matches(of: #/<image /#).count == 3 && svg.contains("&lt;cat&gt;") && svg.contains("猫"))
    #expect(sheet.enlargement == 8)
    #expect(try sheet.image().sheet?.hasLabels == true)
    #expect(ContactSheet.places(4, of: 30) == [0, 9, 19, 29])
    #expect(ContactSheet.places(8, of: 3) == [0, 1, 2] && ContactSheet.places(1, of: 3) == [0])
  }
}
