import CTorch
import Glibc
import Platform

/// Where PyTorch lies: the folder `torch` of a Python's site-packages. Nothing of Python runs once it is found.
public struct TorchInstallation: Sendable {
  public let folder: String
  /// What named it: `LUNETTE_TORCH` or the Python that has it.
  public let source: String

  /// `LUNETTE_TORCH` names the folder, or one that holds it; else `python3` on the path is asked.
  ///
  /// - Throws: where there is none, with the reason.
  public static func found(
    _ environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
  ) throws -> TorchInstallation {
    if let wish = environment("LUNETTE_TORCH"), !wish.isEmpty {
      return try TorchInstallation(folder: named(wish), source: "LUNETTE_TORCH")
    }
    return try TorchInstallation(folder: ofPython(), source: "python3")
  }

  /// Makes sure that libtorch can be used for a device, and opens it.
  ///
  /// - Throws: why not, in one line.
  func open(for device: TorchDevice) throws {
    // Matrix units that round to 10 bits of mantissa would break every promise about numbers.
    setenv("NVIDIA_TF32_OVERRIDE", "0", 0)
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0)
    let room = 512
    let why = withUnsafeTemporaryAllocation(of: CChar.self, capacity: room) { buffer -> String? in
      guard let start = buffer.baseAddress else { return nil }
      start.initialize(repeating: 0, count: room)
      return ct_open(folder, device.kind.rawValue, start, room) == 0 ? nil : String(cString: start)
    }
    if let why { throw TensorError("no device '\(device)': PyTorch in \(folder) cannot be used: \(why)") }
    // What a driver says, it says at the first allocation.
    guard let probe = ct_allocate(1, Int32(CT_FLOAT32), device.kind.rawValue, device.index) else {
      throw TensorError("no device '\(device)': \(String(cString: ct_error()))")
    }
    ct_delete(probe)
  }

  /// Each kind of device, and why it cannot be used; nil where it can. Opens libtorch.
  public var devices: [(name: String, trouble: String?)] {
    // CUDA first: libtorch looks for it once.
    [TorchDevice.Kind.cuda, .cpu].map { kind in
      var device = TorchDevice.processor
      device.kind = kind
      do {
        try open(for: device)
        return ("\(device)", nil)
      } catch { return ("\(device)", "\(error)") }
    }
  }

  /// The version of what is open.
  public static var version: String { String(cString: ct_version()) }

  private static func named(_ wish: String) throws -> String {
    for folder in [wish, wish + "/torch"] where access(folder + "/lib/libtorch_cpu.so", R_OK) == 0 {
      return folder
    }
    throw TensorError(
      "LUNETTE_TORCH is '\(wish)', and no libtorch_cpu.so lies in lib or torch/lib below it")
  }

  private static func ofPython() throws -> String {
    let question =
      "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    guard let python = programOnPath("python3"),
      let answer = try? Subprocess.run(python, ["-c", question])
    else { throw TensorError("no python3 is on the path, and LUNETTE_TORCH names no PyTorch") }
    let folder =
      String(decoding: answer.output, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
    guard !folder.isEmpty else {
      throw TensorError("\(python) has no module torch, and LUNETTE_TORCH names no PyTorch")
    }
    guard access(folder + "/lib/libtorch_cpu.so", R_OK) == 0 else {
      throw TensorError(
        "\(python) has a module torch in \(folder), and no libtorch_cpu.so lies in lib below it")
    }
    return folder
  }

  private static func programOnPath(_ name: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}
