import Encoding
import Glibc
import Notebook
import Scripting

/// A bar in the notebook that grows in its place, for what takes longer than half a second.
struct KernelProgress {
  private var id: String?
  private var started = 0.0
  private var shown = 0.0

  mutating func show(_ progress: Session.Progress, _ publisher: Publisher) {
    let now = Self.now
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
    if isLast { finish(publisher) }
  }

  /// Empties the bar: what is done needs none.
  mutating func finish(_ publisher: Publisher) {
    if let id { publisher.update(id, MIMEBundle(plain: "")) }
    (id, started) = (nil, 0)
  }

  private static func bundle(_ progress: Session.Progress) -> MIMEBundle {
    let text = "\(progress.label) \(progress.step)/\(progress.steps)"
    var bundle = MIMEBundle(plain: text)
    bundle["text/html"] = .text(
      "<progress value=\"\(progress.step)\" max=\"\(progress.steps)\"></progress> \(escapedHTML(text))")
    return bundle
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
