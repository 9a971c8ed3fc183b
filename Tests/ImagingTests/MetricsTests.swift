import Foundation
import Imaging
import Tensor
import Testing

@Suite struct MetricsTests {
  struct Expected: Decodable { let psnr, ssim, ssimGrey, ssimBytes: Double }

  @Test func agreeWithScikitImage() throws {
    let expected = try Goldens.json(Expected.self, "metrics.json")
    let a = try Goldens.noise([24, 20, 3], seed: 1)
    let b = try Tensor(
      zip(a.toArray(), Goldens.noise([24, 20, 3], seed: 2).toArray()).map {
        min(max($0 * 0.75 + $1 * 0.25, 0), 1)
      },
      shape: [24, 20, 3])
    #expect(try abs(Metrics.psnr(a, b) - expected.psnr) < 1e-5)
    #expect(try abs(Metrics.ssim(a, b) - expected.ssim) < 1e-6)
    let (grey, other) = try (a.selected(2, 0), b.selected(2, 0))
    #expect(try abs(Metrics.ssim(grey, other) - expected.ssimGrey) < 1e-6)
    let bytes = try [grey, other].map { try Tensor($0.toArray().map { $0 * 255 }, shape: [24, 20]) }
    #expect(try abs(Metrics.ssim(bytes[0], bytes[1], dataRange: 255) - expected.ssimBytes) < 1e-6)
  }

  @Test func equalPictures() throws {
    let a = try Goldens.noise([8, 9, 3], seed: 3)
    #expect(try Metrics.psnr(a, a) == .infinity)
    #expect(try abs(Metrics.ssim(a, a) - 1) < 1e-12)
  }

  @Test func overlapOfMasks() throws {
    let a = try Tensor([1, 1, 0, 0], shape: [2, 2])
    let b = try Tensor([0.5, 0, -1, 0], shape: [2, 2])
    #expect(try Metrics.iou(a, b) == 1.0 / 3)
    let empty = try Tensor.zeros([2, 2])
    #expect(try Metrics.iou(empty, empty) == 0)
  }

  @Test func refuseOtherShapes() throws {
    let a = try Tensor.zeros([8, 8])
    let b = try Tensor.zeros([8, 7])
    #expect(throws: ImagingError("psnr needs tensors of one shape, got {8, 8} and {8, 7}")) {
      try Metrics.psnr(a, b)
    }
    let small = try Tensor.zeros([6, 9])
    #expect(throws: ImagingError("ssim needs {H, W} or {H, W, C} of at least 7 × 7, got {6, 9}")) {
      try Metrics.ssim(small, small)
    }
  }
}
