import ArgumentParser
import Prompt

struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "A prompt: each entry is a cell of one session.",
    discussion: "Ctrl-C stops what runs and keeps the session, Ctrl-D leaves; :help says what else there is.")

  @Option(
    help: ArgumentHelp(
      "How pictures are shown: kitty, iterm, sixel, blocks, none. (default: what the terminal can)",
      valueName: "mode"))
  var images: String?

  @Flag(help: "Keep what is entered out of the history file.")
  var noHistory = false

  @OptionGroup var options: SessionOptions

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("What the session finds in `arg`.", valueName: "args"))
  var arguments: [String] = []

  func validate() throws {
    if let images, InlineImage.Mode(rawValue: images) == nil {
      let known = InlineImage.Mode.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--images: one of \(known) expected, got '\(images)'")
    }
  }

  func run() throws {
    let session = try options.session(scriptName: "", arguments: arguments)
    let repl = Repl(session: session, images: images.flatMap(InlineImage.Mode.init), keepsHistory: !noHistory)
    let status = repl.run()
    if status != 0 { throw ExitCode(status) }
  }
}
