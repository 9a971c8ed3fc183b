import Encoding
import Notebook
import Platform
import Scripting
import Tensor

/// What is written down of a run, so that it can be judged and repeated: as `run.json` and as the head of the report.
public struct RunRecord: Sendable {
  public let status: Report.Status
  public let json: JSON
  public let report: Report

  init(
    script: String, scriptHash: String, document: Document, failure: Output.Failure?, session: Session,
    outputs: [String], date: String, seconds: Double
  ) {
    status = failure == nil ? .done : failure?.isInterrupt == true ? .interrupted : .failed
    let models = session.record.models.map { ($0, hash: FileHash.sha256(of: $0.path)) }
    let seeds = session.record.seeds
    let parameters = document.parameters
    let versions = Versions.all

    var root: JSON.Object = [
      "lunette": .string(Installation.version),
      "script": ["path": .string(script), "sha256": .string(scriptHash)],
      "status": .string("\(status)"), "started": .string(date), "seconds": .number(seconds.rounded(to: 3)),
      "models": .array(models.map(Self.described)), "seeds": .array(seeds.map { .number($0) }),
    ]
    var values: JSON.Object = [:]
    for parameter in parameters { values[parameter.name] = parameter.json }
    root["parameters"] = .object(values)
    var libraries: JSON.Object = [:]
    for version in versions { libraries[version.name] = .string(version.version) }
    root["versions"] = .object(libraries)
    root["machine"] = ["processor": .string(Machine.processor), "threads": .number(Compute.threads)]
    root["cells"] = .array(
      document.cells.filter { $0.seconds != nil }.map { cell in
        var object: JSON.Object = [:]
        // What the command line sets stands on no line of the script.
        if !cell.tags.contains(Document.injectedTag) { object["line"] = .number(cell.firstLine) }
        object["title"] = cell.title.map(JSON.string)
        object["seconds"] = .number((cell.seconds ?? 0).rounded(to: 4))
        return .object(object)
      })
    root["outputs"] = .array(outputs.map(JSON.string))
    if let failure {
      root["error"] = [
        "message": .string(failure.message), "line": failure.line.map(JSON.number) ?? .null,
        "traceback": .array(failure.traceback.map(JSON.string)),
      ]
    }
    json = .object(root)

    var facts: [Report.Fact] = []
    if !models.isEmpty {
      facts.append(.init("Model", models.map { Folder.name(of: $0.0.name) }.joined(separator: ", ")))
    }
    for parameter in parameters.prefix(8) { facts.append(.init(parameter.name, Self.shown(parameter))) }
    let hasSeedParameter = parameters.contains { ["seed", "seeds"].contains($0.name) }
    if !seeds.isEmpty, !hasSeedParameter {
      facts.append(.init(seeds.count == 1 ? "seed" : "seeds", Self.shown(seeds)))
    }
    facts.append(.init("Time", Clock.text(seconds)))

    var footnotes = [Report.Fact("Lunette", Installation.version)]
    footnotes += versions.map { .init($0.name, $0.version) }
    footnotes += [.init("script", String(scriptHash.prefix(12)))]
    footnotes += models.map { .init(Folder.name(of: $0.0.name), String($0.hash?.prefix(12) ?? "–")) }
    footnotes += [.init("threads", String(Compute.threads)), .init("made", date)]
    report = Report(
      document: document, fallbackTitle: Folder.stem(of: script), status: status, facts: facts,
      footnotes: footnotes)
  }

  private static func described(_ model: ScriptHost.LoadedModel, hash: String?) -> JSON {
    var object: JSON.Object = [
      "name": .string(model.name), "path": .string(model.path), "sha256": hash.map(JSON.string) ?? .null,
    ]
    if !model.additions.isEmpty {
      object["with"] = .array(
        model.additions.map { part in
          [
            "role": .string(part.role), "path": .string(part.path),
            "sha256": part.sha256.map(JSON.string) ?? .null,
          ]
        })
    }
    return .object(object)
  }

  private static func shown(_ parameter: Parameter) -> String {
    let text = parameter.json.string ?? parameter.source
    return text.count > 120 ? text.prefix(119) + "…" : text
  }

  private static func shown(_ seeds: [UInt64]) -> String {
    seeds.prefix(6).map(String.init).joined(separator: ", ") + (seeds.count > 6 ? ", … (\(seeds.count))" : "")
  }
}
