/// How far a run is, how fast it goes and how long the rest will take.
public struct SweepPace: Sendable {
  public let all: Int
  public private(set) var done: Int
  public private(set) var failed = 0
  /// When how many had been done, the last minute of it: an average over all would lag behind a change.
  private var recent: [(time: Double, count: Int)]
  private var measured = 0
  private static let window = 60.0

  /// - Parameters:
  ///   - all: how many items there are.
  ///   - done: how many had been measured before.
  public init(all: Int, done: Int, now: Double) {
    (self.all, self.done) = (all, done)
    recent = [(now, 0)]
  }

  public mutating func note(measured count: Int, failed: Int, now: Double) {
    measured += count + failed
    done += count
    self.failed += failed
    recent.append((now, measured))
    while recent.count > 2, now - recent[1].time >= Self.window { recent.removeFirst() }
  }

  /// Items a second; nil before any was measured.
  public var rate: Double? {
    guard let first = recent.first, let last = recent.last, last.time > first.time, last.count > first.count
    else {
      return nil
    }
    return Double(last.count - first.count) / (last.time - first.time)
  }

  /// In seconds.
  public func timeLeft(rest: Int) -> Double? { rate.map { Double(rest) / $0 } }

  /// "1,024 of 16,384 items, 6.9 a second, 37 min left, 2 failed".
  public func text(rest: Int) -> String {
    var text = "\(Self.grouped(done)) of \(Self.grouped(all)) items"
    if let rate { text += ", \(Self.rateText(rate))" }
    if rest > 0, let left = timeLeft(rest: rest) { text += ", \(Self.timeText(left)) left" }
    if failed > 0 { text += ", \(Self.grouped(failed)) failed" }
    return text
  }

  static func rateText(_ rate: Double) -> String {
    if rate >= 0.1 { return "\((rate * 10).rounded() / 10) a second" }
    return "\((rate * 600).rounded() / 10) a minute"
  }

  public static func timeText(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "ages" }
    let whole = Int(seconds.rounded(.up))
    if whole < 100 { return "\(whole) s" }
    let minutes = (whole + 59) / 60
    if minutes < 100 { return "\(minutes) min" }
    let hours = (minutes + 59) / 60
    return hours < 72 ? "\(hours) h" : "\((hours + 23) / 24) days"
  }

  public static func grouped(_ count: Int) -> String {
    let digits = String(count)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
