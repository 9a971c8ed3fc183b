import CKernels
import Glibc

/// Which backend runs the operations of the current task.
public enum Compute {
  /// `Compute.$backend.withValue(OpenBLASBackend()) { … }` changes it for a while.
  @TaskLocal public static var backend: any Backend = standard

  /// oneDNN where Lunette was built with it; `LUNETTE_BACKEND=openblas` asks for the plain one.
  public static let standard: any Backend = {
    #if OneDNN
      let wish = getenv("LUNETTE_BACKEND").map { String(cString: $0) }
      return wish == "openblas" ? OpenBLASBackend() : OneDNNBackend()
    #else
      return OpenBLASBackend()
    #endif
  }()

  /// How many threads operations use: `LUNETTE_THREADS`, else `OMP_NUM_THREADS`, else the number of cores.
  /// Results do not depend on it. Setting 0 goes back to the environment's.
  public static var threads: Int {
    get { Int(ck_threads()) }
    set { ck_set_threads(Int32(clamping: newValue)) }
  }
}
