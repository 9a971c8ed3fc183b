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
}
