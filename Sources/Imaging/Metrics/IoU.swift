import Tensor

extension Metrics {
  /// Intersection over union of two masks of one shape; an element belongs to a mask if it is not 0.
  /// Two empty masks have nothing in common: 0.
  public static func iou(_ a: Tensor, _ b: Tensor) throws -> Double {
    let (x, y) = try pair("iou", a, b)
    var intersection = 0
    var union = 0
    for index in x.indices {
      let (inA, inB) = (x[index] != 0, y[index] != 0)
      if inA && inB { intersection += 1 }
      if inA || inB { union += 1 }
    }
    return union == 0 ? 0 : Double(intersection) / Double(union)
  }
}
