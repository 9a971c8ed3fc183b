import Encoding
import Notebook
import Platform
import Scripting

/// A bar in the notebook that grows in its place, for what takes longer than half a second.
struct KernelProgress {
  private var id: String?
  private var started = 0.0
  private var shown = 0.0

  mutating func show(_ progress: Session.Progress, _ publisher: Publisher) {
    let now = Clock.now
    if progress.step <= 1 || started == 0 { started = now }
    let isLast = progress.step >= progress.steps
    guard now - started > 0.5, isLast || now - shown > 0.1 else { return }
    shown = now
    let bundle = Self.bundle(progress)
    if let id {
      publisher.update(id, bundle)
    } else {
      let new = Message.uuid()
      id = new
      publisher.output(.display(bundle, metadata: ["display_id": .string(new)]), count: 0)
    }
    if isLast { hide(publisher) }
  }

  /// Empties the bar until there is more to show: what is done needs none.
  private mutating func hide(_ publisher: Publisher) {
    if let id { publisher.update(id, MIMEBundle(plain: "")) }
    started = 0
  }

  /// Takes the bar away at the end of a cell. The protocol can take back only all outputs of a cell, so the others are shown
  /// again: an empty display would stay in the notebook for good.
  mutating func finish(_ publisher: Publisher, outputs: [Output], count: Int) {
    defer { (id, started) = (nil, 0) }
    guard id != nil else { return }
    publisher.flush()
    publisher.clear(waits: !outputs.isEmpty)
    for output in outputs { publisher.output(output, count: count) }
  }

  /// Its display went with the cell's other outputs.
  mutating func forget() { id = nil }

  private static func bundle(_ progress: Session.Progress) -> MIMEBundle {
    let text = "\(progress.label) \(progress.step)/\(progress.steps)"
    var bundle = MIMEBundle(plain: text)
    bundle[.html] = .text(
      "<progress value=\"\(progress.step)\" max=\"\(progress.steps)\"></progress> \(escapedHTML(text))")
    return bundle
  }
}
