extension Double {
  /// To so many decimal places, as numbers for people are written.
  public func rounded(to digits: Int) -> Double {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return (self * scale).rounded() / scale
  }
}
