/// Corrections of p values for how many were looked at.
public enum MultipleTesting {
  /// Holm's (1979) step-down correction: the chance of any false finding stays below the level that these are held
  /// against.
  public static func holm(_ pValues: [Double]) throws -> [Double] {
    for (place, p) in pValues.enumerated() where !(p >= 0 && p <= 1) {
      throw StatisticsError("p values between 0 and 1 expected, got \(p) at [\(place + 1)]")
    }
    var corrected = pValues
    var largest = 0.0
    for (rank, place) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
      largest = max(largest, min(1, Double(pValues.count - rank) * pValues[place]))
      corrected[place] = largest
    }
    return corrected
  }
}
