import Platform

/// One line on the terminal that shows how far a generation is, and goes away when other text comes.
public struct ProgressBar {
  private var isShown = false
  private var started = Clock.now

  public init() {}

  public mutating func show(_ label: String, step: Int, of steps: Int) {
    guard Terminal.isInteractive, steps > 0 else { return }
    if step <= 1 { started = Clock.now }
    let width = max(4, min(32, Terminal.width - label.count - 24))
    let filled = width * 8 * min(step, steps) / steps
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][filled % 8]
    let bar = String(repeating: "█", count: filled / 8) + partial
    let empty = String(repeating: " ", count: width - filled / 8 - (partial.isEmpty ? 0 : 1))
    let seconds = Clock.text(Clock.now - started)
    Terminal.show(
      "\r\u{1B}[2K\(label) \u{1B}[36m\(bar)\u{1B}[0m\u{1B}[2m\(empty)▏\(step)/\(steps)  \(seconds)\u{1B}[0m")
    isShown = true
    if step >= steps { clear() }
  }

  public mutating func clear() {
    guard isShown else { return }
    Terminal.show("\r\u{1B}[2K")
    isShown = false
  }
}
