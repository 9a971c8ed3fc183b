import ArgumentParser
import Platform
import PluginPackages
import Prompt
import Runs
import Scripting

struct PluginCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Says what a plugin lacks: manifest, undeclared files, luacheck, documentation, health.")

  @Argument(help: ArgumentHelp("The plugin's folder.", valueName: "dir"))
  var folder = "."

  @OptionGroup var options: SessionOptions

  func run() throws {
    try reporting {
      let guarded = try options.settings.guarded(onNote: Terminal.note)
      let workshop = try PluginWorkshop(folder)
      var complaints = missing(workshop) + undeclared(workshop) + undocumented(workshop)
      complaints += try lint(workshop)
      for complaint in complaints { Terminal.line(complaint) }
      let isHealthy = try checkHealth(workshop, guarded)
      if !complaints.isEmpty || !isHealthy { throw ExitCode(1) }
      Terminal.line("\(workshop.manifest.name) \(workshop.manifest.version): nothing to complain about")
    }
  }

  private func missing(_ workshop: PluginWorkshop) -> [String] {
    let manifest = workshop.manifest
    var complaints: [String] = []
    for name in ["README", "CHANGELOG", "LICENSE"]
    where !workshop.tree.files.keys.contains(where: { !$0.contains("/") && $0.hasPrefix(name) }) {
      complaints.append("there is no \(name)")
    }
    if manifest.summary.isEmpty { complaints.append("\(manifest.fileName): description.summary is missing") }
    if manifest.license.isEmpty { complaints.append("\(manifest.fileName): description.license is missing") }
    if !manifest.labels.contains(where: {
      $0 == Manifest.pluginLabel || $0.hasPrefix(Manifest.pluginLabel + " ")
    }) {
      complaints.append("\(manifest.fileName): the label \"\(Manifest.pluginLabel)\" is missing")
    }
    if !manifest.modules.isEmpty, workshop.tests.isEmpty {
      complaints.append("there are no tests (tests/*_test.lua)")
    }
    if !manifest.modules.isEmpty, workshop.examples.isEmpty {
      complaints.append("there are no examples (examples/*.lua)")
    }
    return complaints
  }

  /// Files that would not be installed: what the plugin would use, and its own tests and examples.
  private func undeclared(_ workshop: PluginWorkshop) -> [String] {
    let installed = workshop.package.tree.files
    let forAuthors = workshop.tree.files.keys.filter { path in
      path.hasSuffix(".lua") && installed[path] == nil
        && ["tests/", "examples/"].contains { path.hasPrefix($0) }
    }
    return (workshop.package.undeclared + forAuthors).sorted().map {
      "\($0): the manifest does not declare it"
    }
  }

  /// Functions that others call have a comment `---` above them.
  private func undocumented(_ workshop: PluginWorkshop) -> [String] {
    workshop.manifest.modules.values.sorted().flatMap { path -> [String] in
      let text = String(decoding: workshop.tree.files[path] ?? [], as: UTF8.self)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return lines.indices.compactMap { index in
        guard let name = Self.exportedFunction(lines[index]) else { return nil }
        let above = lines[..<index].reversed().prefix { $0.hasPrefix("--") }
        return above.contains { $0.hasPrefix("---") }
          ? nil : "\(path):\(index + 1): '\(name)' is not documented"
      }
    }
  }

  /// The name in `function module.name(…)` or `function Class:name(…)`; not where it begins with `_`.
  private static func exportedFunction(_ line: Substring) -> String? {
    guard line.hasPrefix("function ") else { return nil }
    let name = line.dropFirst("function ".count).prefix { $0 != "(" }
    guard let member = name.split(whereSeparator: { $0 == "." || $0 == ":" }).last, member.count < name.count
    else {
      return nil
    }
    return member.hasPrefix("_") ? nil : String(name)
  }

  private func lint(_ workshop: PluginWorkshop) throws -> [String] {
    let files = workshop.tree.files.keys.filter { $0.hasSuffix(".lua") }.sorted()
    guard !files.isEmpty else { return [] }
    let arguments = [
      "--no-config", "--std", "lua54", "--max-line-length", "120",
      "--max-comment-line-length", "132", "--read-globals", "lunette", "arg", "--no-color", "--formatter",
      "plain",
    ]
    let paths = files.map { "\(workshop.folder)/\($0)" }
    guard let result = try? Subprocess.run("luacheck", arguments + ["--"] + paths) else {
      Terminal.note("warning: luacheck is not installed (Debian: lua-check)")
      return []
    }
    return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map { line in
      line.hasPrefix(workshop.folder + "/") ? String(line.dropFirst(workshop.folder.count + 1)) : String(line)
    }
  }

  /// `NAME.health`'s `check(model)`: true, or nil and what is wrong.
  private func checkHealth(_ workshop: PluginWorkshop, _ guarded: SessionGuard?) throws -> Bool {
    let name = workshop.manifest.name
    guard workshop.manifest.modules["\(name).health"] != nil else {
      Terminal.print("there is no health.lua\n")
      return workshop.manifest.modules.isEmpty
    }
    var settings = Session.Options(plugins: workshop.finder)
    settings.readableFolders = [workshop.folder] + (options.model.map { [$0] } ?? [])
    let session = try options.settings.open(settings, guarded)
    let outcome = CellRunner(session).run(
      "assert(require(\"\(name).health\").check(assert(lunette.load())))", name: "health")
    guard let failure = outcome.failure else { return true }
    if failure.isInterrupt { throw Ending.status(of: failure, session) }
    Terminal.line("health: \(failure.message)")
    return false
  }
}

struct PluginPackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Packs a plugin as a rock, which `lunette plugin install` and LuaRocks install.")

  @Argument(help: ArgumentHelp("The plugin's folder.", valueName: "dir"))
  var folder = "."

  @Option(help: ArgumentHelp("Where the rock goes.", valueName: "dir"))
  var out = "."

  func run() throws {
    try reporting {
      let workshop = try PluginWorkshop(folder)
      try workshop.package.checkDeclared()
      let rock = try workshop.package.rock()
      try Folder.makeWritable(out)
      let path = "\(out)/\(rock.name)"
      try Disk.writeFile(rock.bytes, to: path)
      Terminal.line(path)
    }
  }
}
