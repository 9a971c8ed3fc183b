import Glibc

/// Which backend runs the operations of the current task.
public enum Compute {
  /// `Compute.$backend.withValue(OpenBLASBackend()) { … }` changes it for a while.
  @TaskLocal public static var backend: any Backend = standard

  /// oneDNN where Lunette was built with it; `LUNETTE_BACKEND=openblas` asks for the plain one, and
  /// `LUNETTE_DEVICE=torch:cuda` for a device of PyTorch's.
  public static let standard: any Backend = {
    switch device {
    case .success(let backend?): return backend
    case .success(nil): break
    // Whoever starts a session has asked `checkDevice` before.
    case .failure(let error): fatalError("\(error)")
    }
    #if OneDNN
      let wish = getenv("LUNETTE_BACKEND").map { String(cString: $0) }
      return wish == "openblas" ? OpenBLASBackend() : OneDNNBackend()
    #else
      return OpenBLASBackend()
    #endif
  }()

  /// What `LUNETTE_DEVICE` asks for, opened at the first question; nil for the processor by our own kernels.
  private static let device: Result<TorchBackend?, any Error> = Result {
    guard let wish = getenv("LUNETTE_DEVICE").map({ String(cString: $0) }), !wish.isEmpty, wish != "cpu"
    else {
      return nil
    }
    return try TorchBackend(TorchDevice(wish), TorchInstallation.found())
  }

  /// - Throws: why the device that `LUNETTE_DEVICE` names cannot be had, in one line.
  public static func checkDevice() throws { _ = try device.get() }

  /// The name of the device that computes: `cpu`, `torch:cuda`.
  public static var deviceName: String {
    (try? device.get())?.map { "\($0.device)" } ?? "cpu"
  }
}
