import Families
import Glibc
import Lua
import Tensor

/// The options of `lunette.load` that say what goes with the model.
enum CheckpointArguments {
  static let keys = [
    "dtype", "low_memory", "vae_tile", "clip", "variant", "vae", "unet", "loras", "embeddings", "tokenizer",
    "config",
    "prediction_type", "device",
  ]

  /// - Throws: `LuaArgumentError` for an option of the wrong kind. Files are opened only by what this returns, and only
  ///   those that the host allows.
  static func read(_ options: LuaOptions) throws -> (ScriptHost) throws -> CheckpointOptions {
    var plain = CheckpointOptions()
    plain.variant = try options["variant"]
    plain.savesMemory = try options["low_memory"] ?? false
    plain.tile = try options["vae_tile"]
    if let type: String = try options["dtype"] {
      guard let precision = ["f32": Precision.float32, "bf16": .bfloat16][type] else {
        throw options.complaint("dtype", "\"f32\" or \"bf16\" expected, got \"\(type)\"")
      }
      plain.precision = precision
    }
    if let device: String = try options["device"], device != Compute.deviceName {
      throw options.complaint(
        "device",
        "\(device) is not the device that this session computes on, which is \(Compute.deviceName); start it with --device \(device)"
      )
    }
    plain.vae = try options["vae"]
    plain.unet = try options["unet"]
    plain.tokenizer = try options["tokenizer"]
    plain.configs = try options["config"]
    if let type: String = try options["prediction_type"] {
      guard ["epsilon", "v_prediction", "sample"].contains(type) else {
        throw options.complaint(
          "prediction_type", "\"epsilon\", \"v_prediction\" or \"sample\" expected, got \"\(type)\"")
      }
      plain.predictionType = type
    }
    let loras: [LoRAArgument] = try options["loras"] ?? []
    let embeddings: [EmbeddingArgument] = try options["embeddings"] ?? []
    return { [plain] host in
      var checkpoint = plain
      let places = [plain.vae, plain.unet, plain.tokenizer, plain.configs].compactMap(\.self)
      // Only what is there: a plugin may not learn of other files by asking.
      let settings = loras.map { LoRA.settingsPlace(beside: $0.path) }.filter { access($0, F_OK) == 0 }
      for path in places + loras.map(\.path) + settings + embeddings.map(\.path) {
        try host.files.checkPlace(path)
      }
      checkpoint.loras = try loras.map { try LoRA(path: $0.path, scale: $0.scale) }
      checkpoint.embeddings = try embeddings.map { try TextualInversion(path: $0.path, token: $0.token) }
      return checkpoint
    }
  }
}

/// A path, or `{ path = …, scale = … }`.
private struct LoRAArgument: LuaReadable {
  let path: String
  let scale: Double

  static func read(_ slot: LuaSlot) throws -> LoRAArgument {
    let fields = try FileArgument.read(slot, extra: "scale")
    return LoRAArgument(path: fields.path, scale: try fields.extra { try Double?.read($0) } ?? 1)
  }
}

/// A path, or `{ path = …, token = … }`.
private struct EmbeddingArgument: LuaReadable {
  let path: String
  let token: String?

  static func read(_ slot: LuaSlot) throws -> EmbeddingArgument {
    let fields = try FileArgument.read(slot, extra: "token")
    return EmbeddingArgument(path: fields.path, token: try fields.extra { try String?.read($0) })
  }
}

/// A path, or a table of `path` and one more field.
private struct FileArgument {
  let path: String
  private let slot: LuaSlot
  private let key: String

  static func read(_ slot: LuaSlot, extra key: String) throws -> FileArgument {
    if slot.kind != .table { return FileArgument(path: try String.read(slot), slot: slot, key: key) }
    try slot.forEachPair { name, _ in
      guard name.string == "path" || name.string == key else {
        let unknown = name.string.map { "'\($0)'" } ?? name.described
        throw LuaMismatch("unknown field \(unknown); there are 'path' and '\(key)'")
      }
    }
    return FileArgument(path: try slot.withField("path") { try String.read($0) }, slot: slot, key: key)
  }

  func extra<R>(_ read: (LuaSlot) throws -> R?) throws -> R? {
    slot.kind == .table ? try slot.withField(key, read) : nil
  }
}
