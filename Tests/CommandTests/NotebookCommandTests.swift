import Foundation
import Testing

@Suite struct NotebookCommandTests {
  let program: Program

  init() throws { program = try Program() }

  private static let script = """
    -- %% tags=["parameters"]
    local n = 1

    -- %%
    print("n is " .. n)
    n + 1

    -- %%
    if n > 5 then error("too many") end

    -- %%
    print("last")

    """

  private func outputs(_ name: String) throws -> [[[String: Any]]] {
    let object =
      try JSONSerialization.jsonObject(with: Data(contentsOf: program.file(name))) as? [String: Any]
    return (object?["cells"] as? [[String: Any]] ?? []).map { $0["outputs"] as? [[String: Any]] ?? [] }
  }

  @Test func notebooksInOtherLanguagesAreSaid() throws {
    for (metadata, language) in [
      (#"{"kernelspec": {"name": "python3", "language": "python"}}"#, "python"),
      (#"{"language_info": {"name": "R"}}"#, "R"), (#"{"language_info": {"name": "lua"}}"#, nil), ("{}", nil),
    ] {
      let cell =
        #"{"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": "print(1)"}"#
      try program.script(
        #"{"nbformat": 4, "nbformat_minor": 4, "metadata": \#(metadata), "cells": [\#(cell)]}"#,
        name: "x.ipynb")
      let result = try program.run("notebook", "run", "x.ipynb", "-o", "y.ipynb")
      #expect(result.status == 0)
      let warning = language.map { "warning: x.ipynb: a notebook in \($0), whose cells run here as Lua" }
      #expect(warning.map(result.errors.contains) ?? !result.errors.contains("warning"), "\(result.errors)")
    }
  }

  @Test func runWritesOutputs() throws {
    try program.script(Self.script)
    #expect(try program.run("notebook", "run", "script.lua").status == 0)
    let cells = try outputs("script.ipynb")
    #expect(cells.map(\.count) == [0, 2, 0, 1])
    #expect(cells[1][0]["text"] as? [String] == ["n is 1\n"])
    #expect((cells[1][1]["data"] as? [String: [String]])?["text/plain"] == ["2"])
    #expect(try program.run("notebook", "lua", "script.ipynb", "-o", "back.lua").status == 0)
    #expect(try program.text("back.lua") == Self.script)
  }

  @Test func theEndingOfTheOutputIsTheFormat() throws {
    try program.script(Self.script)
    #expect(try program.run("notebook", "run", "script.lua", "-o", "page.html").status == 0)
    let page = try program.text("page.html")
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("n is 1"))
    for (command, output) in [
      ("run", "x.txt"), ("run", "x.lua"), ("run", "-"), ("html", "x.ipynb"), ("ipynb", "x.html"),
      ("lua", "x.ipynb"),
    ] {
      let result = try program.run("notebook", command, "script.lua", "-o", output)
      #expect(result.status == 2 && result.errors.contains("ends in ."), "\(command) \(output)")
      #expect(!FileManager.default.fileExists(atPath: program.file(output).path))
    }
    #expect(try program.run("notebook", "lua", "script.lua", "-o", "-").output == Self.script)
  }

  @Test func parametersAreInjectedOnce() throws {
    try program.script(Self.script)
    #expect(try program.run("notebook", "run", "script.lua", "--set", "n=3").status == 0)
    #expect(try program.run("notebook", "run", "script.ipynb", "--set", "n=4").status == 0)
    let cells = try outputs("script.ipynb")
    #expect(cells.count == 5)
    #expect(cells[2][0]["text"] as? [String] == ["n is 4\n"])
  }

  @Test func aFailureEndsTheRunAndIsKept() throws {
    try program.script(Self.script)
    let result = try program.run("notebook", "run", "script.lua", "--set", "n=6")
    #expect(result.status == 1)
    #expect(result.errors.contains("script.lua:9: too many"))
    let cells = try outputs("script.ipynb")
    #expect(cells[3].first?["output_type"] as? String == "error")
    #expect((cells[3].first?["traceback"] as? [String])?.isEmpty == false)
    #expect(cells[4].isEmpty)
    let all = try program.run("notebook", "run", "script.lua", "--set", "n=6", "--allow-errors")
    #expect(all.status == 0)
    #expect(try outputs("script.ipynb")[4].count == 1)
  }

  @Test func fromKeepsTheOutputsOfCellsBefore() throws {
    try program.script("-- %%\nlocal t = os.clock()\nprint(os.tmpname())\n\n-- %% Second\nprint(t ~= nil)\n")
    #expect(try program.run("notebook", "run", "script.lua").status == 0)
    let before = try outputs("script.ipynb")
    #expect(try program.run("notebook", "run", "script.ipynb", "--from", "Second").status == 0)
    let after = try outputs("script.ipynb")
    #expect(before[0][0]["text"] as? [String] == after[0][0]["text"] as? [String])
    #expect(after[1][0]["text"] as? [String] == ["true\n"])
    #expect(try program.run("notebook", "run", "script.ipynb", "--from", "9").status == 1)
  }

  @Test func htmlNeedsNothingButItself() throws {
    try program.script("-- %% [markdown]\n-- # A title\n\n-- %%\nlunette.plot.line{ y = {1, 2} }\n")
    #expect(try program.run("notebook", "run", "script.lua").status == 0)
    #expect(try program.run("notebook", "html", "script.ipynb").status == 0)
    let page = try program.text("script.html")
    #expect(
      page.contains("<h1>A title</h1>") && page.contains("<svg") && !page.contains("http-equiv=\"refresh\""))
    #expect(page.firstMatch(of: /(src|href)="https?:/) == nil)
  }

  @Test func whatIsNoNotebookIsNamed() throws {
    try program.script("{", name: "bad.ipynb")
    let result = try program.run("notebook", "run", "bad.ipynb")
    #expect(result.status == 1)
    #expect(result.errors == "lunette: bad.ipynb: not valid JSON: expected a key (line 1)\n")
  }
}
