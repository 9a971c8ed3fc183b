import CPlatform

/// The computer underneath.
public enum Machine {
  public static var processor: String { field("model name") ?? "unknown processor" }

  /// The instruction sets that matter here, of those that the processor has.
  public static var instructions: [String] {
    let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
    let known = [
      ("avx2", "AVX2"), ("fma", "FMA"), ("f16c", "F16C"), ("avx512f", "AVX-512"), ("avx512_bf16", "BF16"),
      ("amx_tile", "AMX"), ("sha_ni", "SHA"),
    ]
    return known.filter { flags.contains($0.0) }.map(\.1)
  }

  /// Bytes of memory that this process may use: the machine's, or the share that it was given. Asked once.
  public static let memory = cp_memory()

  private static func field(_ name: String) -> String? {
    guard let bytes = try? FileBytes.read("/proc/cpuinfo") else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }
}
