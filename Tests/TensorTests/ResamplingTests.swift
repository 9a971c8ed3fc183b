import Testing

@testable import Tensor

@Suite struct ResamplingTests {
  @Test(arguments: ResampleMode.allCases) func equalsReference(_ mode: ResampleMode) throws {
    let x = try golden("resize.x")
    for (h, w) in [(13, 4), (3, 25), (7, 10)] {
      let expected = try golden("resize.\(mode.rawValue).\(h).\(w)")
      #expect(try distance(x.resized(height: h, width: w, mode: mode), expected) < 2e-6)
      if mode == .bilinear || mode == .bicubic {
        let smooth = try golden("resize.\(mode.rawValue)-aa.\(h).\(w)")
        #expect(try distance(x.resized(height: h, width: w, mode: mode, antialias: true), smooth) < 2e-6)
      }
    }
  }

  @Test func readsChannelsLastViews() throws {
    let x = try golden("resize.x")
    let view = try x.permuted([0, 2, 3, 1]).contiguous().permuted([0, 3, 1, 2])
    let expected = try x.resized(height: 5, width: 6, mode: .bicubic)
    #expect(try distance(view.resized(height: 5, width: 6, mode: .bicubic), expected) == 0)
  }

  @Test func refuses() throws {
    let x = try Tensor.zeros([2, 3])
    #expect(message { _ = try x.resized(height: 0, width: 2, mode: .area) }.contains("at least 1"))
    #expect(
      message { _ = try Tensor.zeros([4]).resized(height: 1, width: 2, mode: .area) }.contains(
        "{…, height, width}"))
    #expect(
      message { _ = try Tensor.zeros([0, 4]).resized(height: 1, width: 2, mode: .area) }.contains("not empty")
    )
  }
}
