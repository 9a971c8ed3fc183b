import Imaging
import Tensor
import Testing

@Suite struct ColorMapTests {
  @Test func endsAndMiddles() {
    #expect(ColorMap.grey(0.5) == SIMD3(repeating: 0.5))
    #expect(ColorMap.viridis(0) == SIMD3<Float>(68, 1, 84) / 255)
    #expect(ColorMap.viridis(1) == SIMD3<Float>(253, 231, 37) / 255)
    #expect(ColorMap.jet(0) == SIMD3(0, 0, 0.5))
    #expect(ColorMap.magma(-3) == ColorMap.magma(0) && ColorMap.magma(.nan) == ColorMap.magma(0))
    #expect(ColorMap.turbo(9) == ColorMap.turbo(1))
  }

  /// The ends of Moreland's table, within a byte.
  @Test func divergingColours() {
    for (value, expected) in [(Float(0), SIMD3<Float>(59, 76, 192)), (1, SIMD3(180, 4, 38))] {
      let difference = ColorMap.coolwarm(value) * 255 - expected
      #expect(max(abs(difference.x), abs(difference.y), abs(difference.z)) < 1.5)
    }
  }

  @Test func aMapIsScaledToItsRange() throws {
    let map = try Tensor([2, 3, 4, .nan], shape: [2, 2])
    #expect(try ColorMap.grey.image(of: map).tensor.toArray() == [0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1, 0, 0, 0])
    #expect(try ColorMap.grey.image(of: Tensor.ones([1, 1])).tensor.toArray() == [0, 0, 0])
    #expect(try ColorMap.grey.image(of: Tensor.ones([1, 1]), range: 0...1).tensor.toArray() == [1, 1, 1])
  }

  @Test func unknownNames() {
    #expect(
      throws: ImagingError(
        "no colour map 'x'; there are viridis, magma, inferno, cividis, turbo, jet, coolwarm, puor, grey")
    ) {
      try ColorMap.named("x")
    }
  }
}

@Suite struct PictureTests {
  @Test func shapes() throws {
    #expect(try Image(Tensor.zeros([4, 5])).tensor.shape == [4, 5, 1])
    #expect(throws: ImagingError("an image is {height, width} or {height, width, 1, 3 or 4}, got {3, 4, 5}"))
    {
      try Image(Tensor.zeros([3, 4, 5]))
    }
    #expect(throws: ImagingError.self) { try Image(Tensor.zeros([0, 4, 3])) }
  }

  @Test func alphaIsLaidOverWhite() throws {
    let pixel = try Image(Tensor([1, 0, 0, 0.25], shape: [1, 1, 4]))
    #expect(try pixel.rgb().tensor.toArray() == [1, 0.75, 0.75])
  }

  @Test func overlayFadesWithTheMap() throws {
    let image = try Image(Tensor.full([1, 2, 3], 0.5))
    let heat = try Tensor([0, 1], shape: [1, 2])
    let over = try Image.overlay(heat: heat, on: image, alpha: 0.5, colors: .grey).tensor.toArray()
    #expect(over == [0.5, 0.5, 0.5, 0.75, 0.75, 0.75])
    let flat = try Image.overlay(heat: heat, on: image, alpha: 0.5, colors: .grey, uniform: true).tensor
      .toArray()
    #expect(flat == [0.25, 0.25, 0.25, 0.75, 0.75, 0.75])
  }

  @Test func overlayTakesTheSizeOfThePicture() throws {
    let image = try Image(Tensor.zeros([6, 8]))
    #expect(
      try Image.overlay(heat: Tensor.arange(0, 4).reshaped([2, 2]), on: image).tensor.shape == [6, 8, 3])
  }

  @Test func gridPlacesPictures() throws {
    let dark = try Image(Tensor.zeros([2, 3, 3]))
    let sheet = try ContactSheet([dark, dark, dark], columns: 2, spacing: 1, background: 1).image()
    #expect(sheet.tensor.shape == [5, 7, 3])
    let grey = try sheet.tensor.selected(2, 0).toArray().map(Int.init)
    #expect(grey.prefix(7) == [0, 0, 0, 1, 0, 0, 0])
    #expect(grey[14..<21].allSatisfy { $0 == 1 })
    #expect(grey[21..<28] == [0, 0, 0, 1, 1, 1, 1])
  }

  @Test func labelsStandBelow() throws {
    let white = try Image(Tensor.ones([4, 40, 3]))
    let sheet = try ContactSheet([white], labels: ["cat"]).image()
    #expect(sheet.tensor.shape == [15, 40, 4])
    #expect(sheet.tensor.toArray().contains(0.5))
    #expect(try sheet.tensor.selected(2, 3).toArray().contains(0), "what is not covered is transparent")
    #expect(throws: ImagingError("a grid needs at least one image")) { _ = try ContactSheet([]) }
  }
}
