import ArgumentParser
import Encoding
import JupyterKernel
import Platform
import Prompt
import Scripting

struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel", abstract: "Lunette as a kernel for Jupyter.",
    subcommands: [KernelInstallCommand.self, KernelRunCommand.self])
}

/// `--set` where it means nothing, refused with where it does.
struct NoParameters: ParsableArguments {
  @Option(help: .hidden)
  var set: [String] = []

  func validate() throws {
    guard let first = set.first else { return }
    throw ValidationError(
      "--set \(first): a kernel runs the cells that its client sends, and has no parameters; "
        + "lunette notebook run FILE --set \(first) runs a notebook with them")
  }
}

struct KernelInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Tells Jupyter of the kernel.",
    discussion: "Jupyter then starts this very program, so install it first (Scripts/install).")

  @Flag(help: "For this user (the default).")
  var user = false

  @Option(help: ArgumentHelp("For all who use the Jupyter under this prefix.", valueName: "dir"))
  var prefix: String?

  @OptionGroup var parameters: NoParameters

  func validate() throws {
    if user, prefix != nil { throw ValidationError("--user and --prefix cannot go together") }
  }

  func run() throws {
    do {
      let files = try KernelSpec.files(program: Installation.programPath ?? "")
      let folder = try KernelSpec.folder(prefix: prefix)
      try Folder.makeWritable(folder)
      for file in files { try WholeFile.write(file.bytes, to: "\(folder)/\(file.name)") }
      Terminal.print("\(folder)\n")
    } catch let error as KernelError {
      throw CommandError(error.description)
    }
  }
}

struct KernelRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Serves a Jupyter client: what Jupyter starts.")

  @Option(
    name: [.customShort("f"), .customLong("connection-file")],
    help: ArgumentHelp("The addresses and the key, written by the client.", valueName: "file"))
  var connectionFile: String

  @OptionGroup var options: SessionOptions
  @OptionGroup var parameters: NoParameters

  func run() throws {
    let bytes = try FileBytes.read(connectionFile, isRegular: false)
    do {
      let connection = try Connection(json: JSON(parsing: bytes, allowing: .python))
      try Kernel(connection, session: options.session(scriptName: "", arguments: [])).run()
    } catch let error as KernelError {
      throw CommandError(error.description)
    } catch let error as JSONError {
      throw CommandError("\(connectionFile): not valid JSON: \(error.message) (line \(error.line))")
    }
  }
}
