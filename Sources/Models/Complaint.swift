import Encoding

/// What a run is told, and what a model is loaded with, as far as complaints speak of it. The raw value is the name in Swift; floors
/// above have their own names for it.
public enum Setting: String, CaseIterable, Sendable {
  case prompts, negativePrompt, embedding, unconditional, pooled, unconditionalPooled
  case seed, seeds, rng, noise, latents, image, mask, strength, width, height, size
  case steps, startStep, endStep, guidance, guidanceRescale, gradientSteps, eta
  case chunks, weights, timestep, ids, soft, onStep, onStepEnd
  case tileSize
}

/// A sentence about what was wrong, such as `"\(.steps) must be at least 4, got \(steps)"`. It holds which settings it is about,
/// and whoever shows it says their names.
public struct Complaint: ExpressibleByStringInterpolation, CustomStringConvertible, Equatable, Sendable {
  private enum Part: Equatable, Sendable {
    case words(String)
    case setting(Setting)
  }

  private var parts: [Part] = []

  public init(stringLiteral text: String) { add(text) }

  public init(stringInterpolation text: Interpolation) { self = text.complaint }

  /// A sentence that was written elsewhere, and names no setting.
  public init(_ text: String) { add(text) }

  /// The settings that it is about, in the order of the sentence.
  public var settings: [Setting] {
    parts.compactMap { if case .setting(let setting) = $0 { setting } else { nil } }
  }

  /// In one line.
  ///
  /// - Parameter name: what the reader calls a setting
  public func text(_ name: (Setting) -> String) -> String {
    parts.map { part in
      switch part {
      case .words(let text): text
      case .setting(let setting): name(setting)
      }
    }.joined().oneLine
  }

  public var description: String { text(\.rawValue) }

  public static func + (first: Complaint, rest: Complaint) -> Complaint {
    var all = first
    all.add(rest)
    return all
  }

  private mutating func add(_ text: String) {
    if case .words(let before)? = parts.last {
      parts[parts.count - 1] = .words(before + text)
    } else if !text.isEmpty {
      parts.append(.words(text))
    }
  }

  private mutating func add(_ other: Complaint) {
    for part in other.parts {
      if case .words(let text) = part { add(text) } else { parts.append(part) }
    }
  }

  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var complaint = Complaint("")

    public init(literalCapacity: Int, interpolationCount: Int) {}

    public mutating func appendLiteral(_ text: String) { complaint.add(text) }
    public mutating func appendInterpolation(_ setting: Setting) { complaint.parts.append(.setting(setting)) }
    public mutating func appendInterpolation(_ other: Complaint) { complaint.add(other) }
    public mutating func appendInterpolation<T>(_ value: T) { complaint.add("\(value)") }
  }
}
