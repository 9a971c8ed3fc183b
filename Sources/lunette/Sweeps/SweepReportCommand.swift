import ArgumentParser
import Imaging
import Platform
import Prompt
import Runs
import Scripting
import Sweeps

struct SweepReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Writes what was measured as CSV, JSON lines, SQLite or contact sheets.",
    discussion: "Rows are sorted by item, the item's fields first; numbers read back to the same bits.")

  @OptionGroup var arguments: SweepArguments

  @Option(help: ArgumentHelp("Comma-separated values.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("JSON, one object a line.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "A database; rows that it has are replaced. On a disk of this machine.", valueName: "file"))
  var sqlite: String?

  @Option(
    help: ArgumentHelp(
      "A folder for contact sheets, one for each combination of the other fields.", valueName: "dir"))
  var sheets: String?

  @Option(help: ArgumentHelp("The field along which a sheet goes. (default: seed)", valueName: "field"))
  var along: String?

  @Option(
    help: ArgumentHelp("The result that is the picture. (default: the first there is)", valueName: "field"))
  var picture: String?

  func validate() throws {
    if csv == nil, json == nil, sqlite == nil, sheets == nil {
      throw ValidationError("--csv, --json, --sqlite or --sheets: where the report goes is expected")
    }
  }

  func run() throws {
    let (_, sweep, store) = try arguments.open(prints: false)
    store.noteProblems()
    store.noteFailures()
    let report = SweepReport(store.sorted)
    if let csv { try write(report.csv(), to: csv) }
    if let json { try write(report.jsonLines(), to: json) }
    if let sqlite {
      do throws(SweepError) { try SweepDatabase.write(store, to: sqlite) } catch {
        throw CommandError(error.description)
      }
    }
    if let sheets { try write(try sweep.sheets(label: along, field: picture), into: sheets) }
    if store.doneCount < store.plan.items.count {
      Terminal.note(
        "warning: \(store.doneCount) of \(store.plan.items.count) items are measured; the report has those")
    }
  }

  private func write(_ text: String, to path: String) throws {
    if path == "-" { return Terminal.print(text) }
    try WholeFile.write(text, to: path)
  }

  private func write(_ all: [(title: String, image: Image)], into folder: String) throws {
    guard !all.isEmpty else { throw CommandError("--sheets: no item that was measured has a picture") }
    try Folder.makeWritable(folder)
    let width = String(all.count).count
    for (place, sheet) in all.enumerated() {
      let number = String(place + 1)
      let padded = String(repeating: "0", count: width - number.count) + number
      let slug = OutputFolder.slug(sheet.title)
      let name = slug.isEmpty ? padded : "\(padded)-\(slug)"
      try WholeFile.write(sheet.image.pngData(), to: "\(folder)/\(name).png")
    }
  }
}
