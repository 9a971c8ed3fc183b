import Foundation
import Testing

@Suite struct OtherCommandTests {
  let program: Program

  init() throws { program = try Program() }

  @Test func evalPrintsTheLastExpression() throws {
    let result = try program.run("eval", "1+1")
    #expect(result.status == 0)
    #expect(result.output == "2\n")
    #expect(result.errors == "")
    #expect(try program.run("eval", "print('a')").output == "a\n")
    #expect(try program.run("eval", "local x = 2; x * 3").output == "6\n")
    #expect(try program.run("eval", "arg[1]", "--", "b").output.contains("b"))
  }

  @Test func evalReportsErrors() throws {
    let result = try program.run("eval", "error('no')")
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("eval:1: no\n"))
    #expect(try program.run("eval", "1 +").status == 1)
  }

  @Test(arguments: [
    (["rnu", "x.lua"], "lunette run"), (["notebok", "run", "x"], "lunette notebook"),
    (["notebook", "htm", "x"], "lunette notebook html"),
    (["plugin", "instal", "x"], "lunette plugin install"),
    (["model", "inof", "x"], "lunette model info"), (["kernel", "instll"], "lunette kernel install"),
  ])
  func commandsThatAreMistypedAreNamed(_ arguments: [String], _ meant: String) throws {
    let result =
      arguments.count == 2
      ? try program.run(arguments[0], arguments[1])
      : try program.run(arguments[0], arguments[1], arguments[2])
    #expect(result.status == 2)
    #expect(result.errors.contains("did you mean '\(meant)'?"), "\(result.errors)")
  }

  @Test func kernelsHaveNoParameters() throws {
    for arguments in [["install", "--prefix", program.folder.path], ["run", "-f", "c.json"]] {
      let result = try program.run(["kernel"] + arguments + ["--set", "n=3"])
      #expect(result.status != 0)
      #expect(result.errors.contains("lunette notebook run FILE --set n=3"), "\(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: program.file("share").path))
  }

  /// A program that was copied out of its checkout says what is missing, wherever something does.
  @Test func whatComesWithTheProgramIsMissed() throws {
    let alone = program.file("lunette")
    do { try FileManager.default.linkItem(at: Program.url, to: alone) } catch {
      try FileManager.default.copyItem(at: Program.url, to: alone)
    }
    let environment = ["HOME": program.folder.path, "XDG_DATA_HOME": "", "LUNETTE_PLUGINS": ""]
    for arguments in [
      ["run", "daam"], ["notebook", "run", "daam"], ["eval", "require 'daam'"],
      ["eval", "assert(lunette.load())"],
    ] {
      let result = try program.run(arguments, environment: environment, program: alone)
      #expect(result.status == 1)
      #expect(
        result.errors.contains("what comes with Lunette is missing: \(alone.resolvingSymlinksInPath().path)"),
        "\(arguments): \(result.errors)")
    }
    // Lua and numbers need nothing else.
    let sum = try program.run(
      "eval", "lunette.tensor.ones({ 2 }):sum():item()", environment: environment, program: alone)
    #expect(sum.output.hasPrefix("2"))
  }

  @Test func linesAreReadFromInput() throws {
    let shell = Process()
    let output = Pipe()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    let code = "print(io.read()) print(io.read(\"n\", \"l\")) print(io.read(2)) print(io.read(\"L\"))"
    shell.arguments = ["-c", "printf 'one\\n7 two\\nthree\\n' | \(Program.url.path) eval '\(code)'"]
    shell.standardOutput = output
    try shell.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(text == "one\n7\t two\nth\nree\n\n")
    shell.waitUntilExit()
  }

  @Test func helpGoesToStdout() throws {
    for arguments in [["--help"], ["run", "--help"], ["--version"]] {
      let result =
        arguments.count == 1 ? try program.run(arguments[0]) : try program.run(arguments[0], arguments[1])
      #expect(result.status == 0)
      #expect(!result.output.isEmpty && result.errors.isEmpty)
    }
  }

  @Test func modelInfoNamesComponents() throws {
    let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("DiffusionTests/Goldens/tiny-sd1").path
    let result = try program.run("model", "info", goldens)
    #expect(result.status == 0)
    for word in ["unet", "UNet2DConditionModel", "vae", "text_encoder", "F16", "sha256"] {
      #expect(result.output.contains(word), "\(word)")
    }
    let none = try program.run("model", "info", "nothing")
    #expect(none.status == 1)
    #expect(
      none.errors
        == "lunette: nothing: no model here (a folder with model_index.json, a .safetensors file, "
        + "or a plugin with model/)\n")
  }

  @Test func nothingIsDownloadedAndThatIsSaid() throws {
    let command =
      "'huggingface-cli download runwayml/stable-diffusion-v1-5 --local-dir stable-diffusion-v1-5'"
    let repository = "runwayml/stable-diffusion-v1-5"
    let results = try [
      program.run("eval", "assert(lunette.load('\(repository)'))"), program.run("model", "info", repository),
      program.run("eval", "assert(lunette.load_clip('\(repository)'))"),
      program.run("eval", "assert(lunette.load())", "--model", repository),
    ]
    for result in results {
      #expect(result.status == 1 && result.errors.contains("Lunette downloads nothing"), "\(result.errors)")
      #expect(result.errors.contains(command))
    }
    for path in ["models/none.safetensors/x", "/models/none", "none", "./none", "../none/x", "~/none"] {
      #expect(
        !(try program.run("eval", "assert(lunette.load('\(path)'))").errors.contains("downloads")), "\(path)")
    }
  }

  @Test func modelCheckReadsEverything() throws {
    let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("DiffusionTests/Goldens").path
    let good = try program.run("model", "check", "\(goldens)/tiny-sd1")
    #expect(good.status == 0)
    #expect(good.output.hasSuffix("tensors read, nothing wrong, 0 unused\n"))
    let bad = try program.run("model", "check", "\(goldens)/clip.safetensors")
    #expect(bad.status == 1 && bad.errors.hasPrefix("lunette: \(goldens)/clip.safetensors: not a checkpoint"))
  }

  @Test func doctorSaysWhatRuns() throws {
    let result = try program.run("doctor")
    for word in [
      "Lua", "oneDNN", "OpenBLAS", "libpng", "GFLOP/s", "threads", "librsvg 2", "ZeroMQ 4", "emoji-world",
    ] {
      #expect(result.output.contains(word), "\(word)")
    }
  }
}
