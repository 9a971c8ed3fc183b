import Glibc

/// One direction of a plot: values to positions, and the ticks worth naming.
struct Axis {
  let range: ClosedRange<Double>
  let isLogarithmic: Bool
  /// Whether only whole numbers are worth naming.
  var isWhole = false
  /// Where the range's ends lie on the page.
  let start: Double
  let end: Double

  /// The ends of its place on the page, and the distance between them.
  var low: Double { min(start, end) }
  var high: Double { max(start, end) }
  var length: Double { abs(end - start) }

  /// How many units the range has.
  var span: Double { range.upperBound - range.lowerBound }

  /// The same range at another place.
  func from(_ start: Double, to end: Double) -> Axis {
    Axis(range: range, isLogarithmic: isLogarithmic, isWhole: isWhole, start: start, end: end)
  }

  func position(_ value: Double) -> Double {
    let place =
      isLogarithmic
      ? Axis.share(of: log10(value), in: log10(range.lowerBound)...log10(range.upperBound))
      : Axis.share(of: value, in: range)
    return start + place * (end - start)
  }

  /// 0 at the lower end of a range, 1 at the upper. The distance of two numbers may be larger than any number, that of
  /// their quarters is not.
  static func share(of value: Double, in range: ClosedRange<Double>) -> Double {
    let unit = max(abs(range.lowerBound), abs(range.upperBound)) > 1e300 ? 0.25 : 1
    let low = range.lowerBound * unit
    return (value * unit - low) / (range.upperBound * unit - low)
  }

  /// A range of finite ends that is not empty, around these.
  static func span(_ low: Double, _ high: Double) -> ClosedRange<Double> {
    let most = Double.greatestFiniteMagnitude
    let (low, high) = (min(max(low, -most), most), min(max(high, -most), most))
    // Numbers so near each other, or so small, that there is nothing to be told apart in between.
    let least = max(max(abs(low), abs(high)) * 1e-12, 1e-300)
    guard high / 2 - low / 2 < least else { return low...high }
    return max(low - least, -most)...min(high + least, most)
  }

  /// A range that holds all values and is never empty. Without `padding` it ends at the outermost values.
  static func range(of values: some Sequence<Double>, isLogarithmic: Bool, padding: Double = 0)
    -> ClosedRange<Double>
  {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite && (!isLogarithmic || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    guard low <= high else { return isLogarithmic ? 1...10 : 0...1 }
    if isLogarithmic {
      let factor = low == high ? 2 : pow(10, (log10(high) - log10(low)) * padding)
      let (least, most) = (Double.leastNormalMagnitude, Double.greatestFiniteMagnitude)
      let (bottom, top) = (min(max(low / factor, least), most / 2), min(max(high * factor, 2 * least), most))
      return bottom < top ? bottom...top : bottom / 2...bottom * 2
    }
    if low == high {
      let margin = low == 0 ? 1 : abs(low) / 2
      return span(low - margin, high + margin)
    }
    let margin = high * padding - low * padding
    return span(low - margin, high + margin)
  }

  /// About `count` round values inside the range, and how to write them.
  func ticks(about count: Int) -> [(value: Double, label: String)] {
    if isLogarithmic, let decades = decades() { return decades }
    let parts = Double(max(count, 1))
    let exact = range.upperBound / parts - range.lowerBound / parts
    let step = isWhole ? Axis.wholeStep(exact) : Axis.niceStep(exact)
    guard step > 0, step.isFinite else { return [] }
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 1000, first.isFinite, last.isFinite else { return [] }
    let decimals = max(0, Int(-floor(log10(step) + 1e-9)) + (isQuarter(step) ? 1 : 0))
    let largest = max(abs(first), abs(last)) * step
    return stride(from: first, through: last, by: 1).map { index in
      let value = index * step
      let label = largest >= 1e6 || largest < 1e-3 ? Axis.scientific(value) : Axis.fixed(value, decimals)
      return (value, label)
    }
  }

  private func isQuarter(_ step: Double) -> Bool {
    let leading = step / pow(10, floor(log10(step) + 1e-9))
    return abs(leading - 2.5) < 1e-6
  }

  /// 1, 2, 2.5 or 5 times a power of ten, not below `step`.
  static func niceStep(_ step: Double) -> Double {
    guard step > 0 else { return 0 }
    let power = pow(10, floor(log10(step)))
    for factor in [1, 2, 2.5, 5] where step <= factor * power * (1 + 1e-9) { return factor * power }
    return 10 * power
  }

  /// 1, 2, 5, 10, 20, 50 …: a quarter of ten is no place in a list.
  private static func wholeStep(_ step: Double) -> Double {
    guard step > 1 else { return step > 0 ? 1 : 0 }
    let nice = niceStep(step)
    return nice == 2.5 ? 5 : nice
  }

  /// Powers of ten, if at least two lie inside.
  private func decades() -> [(value: Double, label: String)]? {
    let first = Int(ceil(log10(range.lowerBound) - 1e-9))
    let last = Int(floor(log10(range.upperBound) + 1e-9))
    guard last > first else { return nil }
    let step = max(1, (last - first + 7) / 8)
    return stride(from: first, through: last, by: step).map { power in
      let value = pow(10, Double(power))
      let isPlain = (-3...4).contains(power)
      return (value, isPlain ? Axis.fixed(value, max(0, -power)) : "10" + Axis.superscript(power))
    }
  }

  static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = pow(10, Double(decimals))
    let scaled = abs(value * scale).rounded()
    // More digits than a double has.
    guard decimals <= 15, scaled < 1e17 else { return "\(value)" }
    let digits = Int(scaled)
    let sign = value < 0 && digits > 0 ? "−" : ""
    guard decimals > 0 else { return sign + String(digits) }
    let text = String(repeating: "0", count: max(0, decimals + 1 - String(digits).count)) + String(digits)
    return "\(sign)\(text.dropLast(decimals)).\(text.suffix(decimals))"
  }

  /// `2.5·10⁶`.
  static func scientific(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    var power = Int(floor(log10(abs(value)) + 1e-9))
    // Below the smallest power of ten that there is.
    var factor = power < -300 ? value * 1e300 / pow(10, Double(power + 300)) : value / pow(10, Double(power))
    if abs(factor) > 9.995 {
      power += 1
      factor /= 10
    }
    let text = abs(factor - factor.rounded()) < 5e-3 ? fixed(factor, 0) : fixed(factor, 1)
    return "\(text)·10\(superscript(power))"
  }

  private static func superscript(_ number: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return String(String(number).map { $0 == "-" ? "⁻" : digits[$0.wholeNumberValue ?? 0] })
  }
}
