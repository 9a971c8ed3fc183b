import Encoding
import Glibc
import Models

/// A model in the layout of diffusers, as its `model_index.json` describes it.
struct CheckpointDirectory {
  let pipelineClass: String
  let components: [ComponentSource]

  let family: ModelFamily
  /// The switches that the family reads.
  let settings: [String: JSON]

  init(path: String, variant: String?, families: FamilyRegistry) throws {
    let file = "\(path)/model_index.json"
    guard access(file, F_OK) == 0 else {
      throw PipelineError("\(path): \(CheckpointDirectory.description(of: path))")
    }
    let index = try Configuration(file: file)
    pipelineClass = try index.string("_class_name")
    let entries = (index.json.object ?? JSON.Object()).members.filter { name, value in
      !CheckpointDirectory.says(nothing: value) && !name.hasPrefix("_")
    }
    let named = entries.compactMap { name, value in
      CheckpointDirectory.className(value).map {
        ComponentSource(name: name, className: $0, directory: "\(path)/\(name)", variant: variant)
      }
    }
    let evidence = CheckpointEvidence.directory(pipelineClass: pipelineClass, components: named)
    let family = families.family(of: evidence) ?? families.unknown()
    self.family = family
    for (name, value) in entries where !family.ignoredComponents.contains(name) {
      try CheckpointDirectory.check(name, value, family, index.path)
    }
    settings = entries.reduce(into: [:]) { found, entry in
      if family.settings.contains(entry.0) { found[entry.0] = entry.1 }
    }
    components = named.filter { !family.ignoredComponents.contains($0.name) }
  }

  /// The class of a component; nil for a switch.
  private static func className(_ value: JSON) -> String? {
    guard let pair = value.array, pair.count == 2 else { return nil }
    return pair[1].string
  }

  /// Throws at what a model of the family does not have, and for a name that leads out of the model's directory.
  private static func check(_ name: String, _ value: JSON, _ family: ModelFamily, _ path: String) throws {
    guard let className = className(value) else {
      guard family.isSupported, !family.ignoredSettings.contains(name),
        !family.settings.contains(name)
      else { return }
      throw PipelineError("\(path): unknown setting \(name) = \(value)")
    }
    guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
      throw PipelineError("\(path): '\(name)' is not the name of a directory")
    }
    guard !family.isSupported || family.role(name) != nil else {
      throw PipelineError(
        "\(path): the component '\(name)' (\(className)) is not known: it would change the pictures")
    }
  }

  /// A component that the model does without is null, or a pair of nulls.
  private static func says(nothing value: JSON) -> Bool {
    value == .null || value.array?.allSatisfy { $0 == .null } == true
  }

  /// What a directory without an index is.
  private static func description(of path: String) -> String {
    let fallback = "no model_index.json: not a model in the layout of diffusers"
    guard let configuration = try? Configuration(file: "\(path)/config.json"),
      let name = configuration.className
    else { return fallback }
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    let hint = access("\(parent)/model_index.json", F_OK) == 0 ? " (the whole model is \(parent))" : ""
    return "\(fallback) but one part, a \(name)\(hint)"
  }
}
