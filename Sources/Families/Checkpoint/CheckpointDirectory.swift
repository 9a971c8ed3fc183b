import Encoding
import Glibc
import Models

/// A model in the layout of diffusers, as its `model_index.json` describes it.
struct CheckpointDirectory {
  let pipelineClass: String
  let components: [ComponentSource]

  /// Parts that take no part in making pictures from texts.
  private static let ignored: Set<String> = ["safety_checker", "feature_extractor", "image_encoder"]
  private static let parts: Set<String> = ["unet", "vae", "text_encoder", "tokenizer", "scheduler"]

  init(path: String, variant: String?) throws {
    let file = "\(path)/model_index.json"
    guard access(file, F_OK) == 0 else {
      throw PipelineError("\(path): \(CheckpointDirectory.description(of: path))")
    }
    let index = try Configuration(file: file)
    pipelineClass = try index.string("_class_name")
    let isKnown = Checkpoint.pipelineClasses.contains(pipelineClass)
    var components: [ComponentSource] = []
    for (name, value) in (index.json.object ?? JSON.Object()).members {
      guard !CheckpointDirectory.says(nothing: value), !CheckpointDirectory.ignored.contains(name),
        !name.hasPrefix("_"), name != "requires_safety_checker"
      else { continue }
      guard let pair = value.array, pair.count == 2, let className = pair[1].string else {
        guard isKnown else { continue }
        throw PipelineError("\(index.path): unknown setting \(name) = \(value)")
      }
      guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
        throw PipelineError("\(index.path): '\(name)' is not the name of a directory")
      }
      guard !isKnown || CheckpointDirectory.parts.contains(name) else {
        throw PipelineError(
          "\(index.path): the component '\(name)' (\(className)) is not known: it would change the pictures")
      }
      components.append(
        ComponentSource(name: name, className: className, directory: "\(path)/\(name)", variant: variant))
    }
    self.components = components
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
