import Models
import Weights

/// The families that are known, in the order in which they are asked: the first that claims a checkpoint has it.
public struct FamilyRegistry: Sendable {
  public let families: [ModelFamily]

  public init(_ families: [ModelFamily]) { self.families = families }

  /// Those that Lunette knows.
  public static let standard = FamilyRegistry([
    // Recognised, and refused by name.
    .depthToImage, .upscaler, .instructPix2Pix, .stableDiffusionXLRefiner,
    .stableDiffusion3, .flux, .pixArt, .deepFloydIF,
    .stableCascade, .kandinsky, .auraFlow, .hunyuanDiT, .lumina, .sana, .qwenImage,
    // Supported; those that are told apart by more come first.
    .latentConsistency, .stableDiffusionInpainting, .pixelDiffusion, .stableDiffusionXL, .stableDiffusion2,
    .stableDiffusion1,
  ])

  func family(of evidence: CheckpointEvidence) -> ModelFamily? { families.first { $0.claims(evidence) } }

  /// A directory of a class that none of the families has.
  func unknown() -> ModelFamily {
    .refused("another kind of model", "another kind of checkpoint", classes: ["*"])
  }

  private var supported: [ModelFamily] { families.filter(\.isSupported) }

  /// Names of supported families by their last words: those of one series go together.
  private var series: [(stem: String, ends: [String])] {
    var groups: [(stem: String, ends: [String])] = []
    for family in supported.reversed() where !family.isVariant {
      let words = family.name.split(separator: " ").map(String.init)
      let stem = words.dropLast().joined(separator: " ")
      if let index = groups.firstIndex(where: { $0.stem == stem && !stem.isEmpty }) {
        groups[index].ends += words.suffix(1)
      } else {
        groups.append((stem, words.suffix(1)))
      }
    }
    return groups
  }

  /// The supported families in words: `Stable Diffusion 1 and 2`.
  func supportedNames(_ joint: String = "and") -> String {
    series.map { ($0.stem.isEmpty ? "" : $0.stem + " ") + Self.joined($0.ends, joint) }
      .joined(separator: ", ")
  }

  /// The same without versions: `Stable Diffusion`.
  var supportedSeries: String {
    series.map { $0.stem.isEmpty ? $0.ends.joined() : $0.stem }.joined(separator: ", ")
  }

  private static func joined(_ words: [String], _ joint: String) -> String {
    words.count < 2
      ? words.joined() : words.dropLast().joined(separator: ", ") + " \(joint) " + words[words.count - 1]
  }

  /// The sentence with which a checkpoint is refused, to go after "PATH: ".
  ///
  /// - Parameter pipelineClass: of a directory
  func sentence(_ refusal: ModelFamily.Refusal, pipelineClass: String? = nil) -> String {
    let name = pipelineClass.map { " (\($0))" } ?? ""
    return "\(refusal.what)\(name); only \(refusal.instead ?? supportedNames()) are supported so far"
  }

  // MARK: Parts

  private var loaders: [ComponentLoader] { supported.flatMap(\.roles).flatMap(\.loaders) }

  /// What reads a part, whichever family has parts of its class.
  func loader(of source: ComponentSource) throws -> ComponentLoader {
    if let loader = loaders.first(where: { $0.classNames.contains(source.className) }) { return loader }
    let known = Set(loaders.flatMap(\.classNames)).sorted().joined(separator: ", ")
    throw PipelineError(
      "\(source.directory): a component of class \(source.className), which is not known (known: \(known))")
  }

  // MARK: Adapters

  /// The part of which a name in an adapter's file speaks, and the rest of the name.
  ///
  /// - Returns: nil for a name that begins with none of the families' prefixes
  /// - Throws: `PipelineError` for the prefix of a family that is not supported
  func place(ofAdapter stem: String, path: String) throws -> (component: String, rest: String)? {
    let prefixes = supported.flatMap(\.adapterPrefixes)
    if let found = prefixes.first(where: { stem.hasPrefix($0.prefix) }) {
      return (found.component, String(stem.dropFirst(found.prefix.count)))
    }
    let foreign = families.filter { !$0.isSupported }.flatMap(\.adapterPrefixes)
    if let found = foreign.first(where: { stem.hasPrefix($0.prefix) }) {
      throw PipelineError(
        "\(path): made for another family of models (\(found.prefix)…), not for \(supportedNames("or"))")
    }
    return nil
  }
}
