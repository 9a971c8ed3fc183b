import ArgumentParser
import Encoding
import Glibc
import Imaging
import JupyterKernel
import Platform
import Prompt
import Runs
import Scripting
import Tensor

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Says what is installed, which kernels run, and how fast they are.")

  func run() throws {
    section("Program")
    line("Lunette", Installation.version)
    line("program", Installation.programPath ?? "?")
    line(
      "what it needs", Installation.root ?? "not found: neither a checkout around it nor PREFIX/share/lunette"
    )
    for (name, version) in Versions.all where name != "compute" { line(name, version) }

    section("Machine")
    line("processor", Machine.processor)
    line("instructions", Machine.instructions.joined(separator: " "))
    line("memory", "\((Double(Machine.memory) / 1e9).rounded(to: 1)) GB")
    line("threads", "\(Compute.threads)")

    do { try Compute.checkDevice() } catch { throw CommandError("\(error)") }
    section("Compute")
    line("device", Compute.deviceName)
    line("backend", Compute.backend.name)
    line("products", try speedOfProducts())
    line("convolutions", try speedOfConvolutions())
    line("elementwise", try speedOfElementwise())

    section("PyTorch's devices (experimental)")
    do {
      let torch = try TorchInstallation.found()
      line("found", "\(torch.folder), by \(torch.source)")
      for (device, trouble) in torch.devices {
        line(device, trouble ?? "usable, PyTorch \(TorchInstallation.version)")
      }
    } catch {
      line("none", "\(error)")
    }

    section("Opened when needed")
    line("plots as PNG", attempt(SVGLibrary.version))
    line("Jupyter", attempt(ZeroMQ.version))

    section("Plugins")
    for text in PluginOverview.lines() { Terminal.line("  \(text)") }
    for folder in Installation.pluginFolders {
      line("searched", folder + (Folder.exists(folder) ? "" : " (not there)"))
    }

    section("Confinement of plugins without grant")
    let offered = Confinement.offered
    line(
      "files",
      offered.contains(.files)
        ? "Landlock, version \(Confinement.landlockVersion)" : "not guarded: no Landlock")
    line("programs", offered.contains(.systemCalls) ? "seccomp" : "not guarded: no seccomp")
    line("network", offered.contains(.systemCalls) ? "seccomp" : "not guarded: no seccomp")
    let holes = offered.holes
    line(
      "tried", holes.isEmpty ? "every attempt was refused" : "it can still " + holes.joined(separator: ", "))
    line("time", "ended after \(Int(Supervisor.defaultSeconds)) s of Lua in one cell")

    section("Built-in model")
    let model = Installation.plugin(named: "emoji-world").map { $0 + "/model" }
    let isThere = model.map { access($0 + "/model_index.json", R_OK) == 0 } ?? false
    line("emoji-world", isThere ? model ?? "" : "not found")
    if !isThere { throw ExitCode(1) }
  }

  /// What it says, or why it cannot.
  private func attempt(_ version: () throws -> String) -> String {
    do { return try version() } catch { return "\(error)" }
  }

  private func section(_ title: String) { Terminal.print("\(title)\n") }

  private func line(_ name: String, _ value: String) {
    Terminal.line("  " + name + String(repeating: " ", count: max(1, 14 - name.count)) + value)
  }

  // MARK: Speed

  private func speedOfProducts() throws -> String {
    let size = 1024
    let a = try Tensor.full([size, size], 0.5)
    let weight = Weight(try Tensor.full([size, size], 0.25))
    let seconds = try best { _ = try a.linear(weight) }
    return "\(Int(2 * Double(size * size * size) / seconds / 1e9)) GFLOP/s (\(size)³, float32)"
  }

  private func speedOfConvolutions() throws -> String {
    let image = try Tensor.full([2, 32, 32, 256], 0.5)
    let weight = Weight(try Tensor.full([256, 256, 3, 3], 0.25))
    let seconds = try best { _ = try image.convolution(weight) }
    return "\(Int(2 * 2.0 * 32 * 32 * 256 * 256 * 9 / seconds / 1e9)) GFLOP/s (3 × 3, 256 channels, 32²)"
  }

  private func speedOfElementwise() throws -> String {
    let values = try Tensor.full([1 << 22], 0.5)
    let seconds = try best { _ = try values.silu() }
    return "\(Int(8 * Double(1 << 22) / seconds / 1e9)) GB/s (SiLU)"
  }

  /// The shortest of several runs: what the machine can do, not what it does beside other work.
  private func best(_ body: () throws -> Void) rethrows -> Double {
    try body()
    var best = Double.infinity
    let end = Clock.now + 0.25
    while Clock.now < end {
      let start = Clock.now
      try body()
      best = min(best, Clock.now - start)
    }
    return best
  }
}
