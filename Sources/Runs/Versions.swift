import CLua54
import COpenBLAS
import CPNG
import Tensor

/// The libraries that this process runs on.
public enum Versions {
  public static var all: [(name: String, version: String)] {
    [("Lua", lua), ("compute", Compute.backend.name), ("OpenBLAS", openBLAS), ("libpng", png)]
  }

  public static let lua = "\(LUA_VERSION_MAJOR).\(LUA_VERSION_MINOR).\(LUA_VERSION_RELEASE)"

  /// Name, version and the kernels in use: `0.3.21 SkylakeX`.
  public static var openBLAS: String {
    let words = String(cString: openblas_get_config()).split(separator: " ")
    let version = words.first { $0.first?.isNumber == true } ?? "?"
    return "\(version) \(String(cString: openblas_get_corename()))"
  }

  public static var png: String { String(cString: png_get_libpng_ver(nil)) }
}
