import Glibc
import Tensor

/// The computer underneath.
enum Machine {
  static var threads: Int { Compute.threads }

  static var processor: String { field("model name") ?? "unknown processor" }

  /// The instruction sets that matter here, of those that the processor has.
  static var instructions: [String] {
    let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
    let known = [
      ("avx2", "AVX2"), ("fma", "FMA"), ("f16c", "F16C"), ("avx512f", "AVX-512"), ("avx512_bf16", "BF16"),
      ("amx_tile", "AMX"), ("sha_ni", "SHA"),
    ]
    return known.filter { flags.contains($0.0) }.map(\.1)
  }

  static var memory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  private static func field(_ name: String) -> String? {
    guard let bytes = try? Files.read("/proc/cpuinfo") else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }
}
