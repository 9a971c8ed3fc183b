import Encoding
import Notebook
import Testing

@Suite struct NotebookFileTests {
  static let notebook = #"""
    {
     "cells": [
      {
       "cell_type": "markdown",
       "id": "intro",
       "metadata": {},
       "source": [
        "# Title\n",
        "\n",
        "prose"
       ]
      },
      {
       "cell_type": "code",
       "execution_count": 3,
       "id": "one",
       "metadata": {
        "tags": [
         "parameters"
        ]
       },
       "outputs": [
        {
         "name": "stdout",
         "output_type": "stream",
         "text": [
          "a\n",
          "b"
         ]
        },
        {
         "data": {
          "application/json": {
           "x": 1.50
          },
          "image/png": "iVBORw==",
          "text/plain": [
           "picture"
          ]
         },
         "execution_count": 3,
         "metadata": {},
         "output_type": "execute_result"
        },
        {
         "ename": "Error",
         "evalue": "no",
         "output_type": "error",
         "traceback": [
          "line 1"
         ]
        }
       ],
       "source": [
        "x = 1"
       ]
      }
     ],
     "metadata": {
      "kernelspec": {
       "display_name": "Lua",
       "name": "lua"
      }
     },
     "nbformat": 4,
     "nbformat_minor": 5
    }

    """#

  @Test func writesWhatItRead() throws {
    let document = try Document(ipynb: Array(Self.notebook.utf8))
    #expect(document.cells[1].isParameters)
    #expect(document.cells[1].outputs.count == 3)
    #expect(document.ipynb() == Self.notebook)
  }

  @Test func goesThroughAScriptAndBack() throws {
    let document = try Document(ipynb: Array(Self.notebook.utf8))
    let script = document.percent()
    let header =
      "-- ---\n-- jupyter:\n--   kernelspec:\n--     display_name: Lua\n--     name: lua\n-- ---\n\n"
    #expect(
      script == header + "-- %% [markdown]\n-- # Title\n--\n-- prose\n\n-- %% tags=[\"parameters\"]\nx = 1\n")
    #expect(try Document(percent: script).cells.map(\.source) == document.cells.map(\.source))
  }

  private func ids(_ minor: Int, _ cells: String) throws -> [JSON?] {
    let text = "{\"nbformat\": 4, \"nbformat_minor\": \(minor), \"metadata\": {}, \"cells\": [\(cells)]}"
    let written = try JSON(parsing: Document(ipynb: Array(text.utf8)).ipynb())
    #expect(written["nbformat_minor"]?.int == minor)
    return written["cells"]?.array?.map { $0["id"] } ?? []
  }

  private func cell(_ id: String?) -> String {
    "{\"cell_type\": \"raw\", \"metadata\": {}, \"source\": \"\"\(id.map { ", \"id\": \"\($0)\"" } ?? "")}"
  }

  @Test func idsOfOlderFormatsAreKeptAndNotInvented() throws {
    #expect(try ids(4, cell("mine") + "," + cell(nil)) == ["mine", nil])
    let named = try ids(5, cell("mine") + "," + cell(nil))
    #expect(named[0] == "mine" && named[1]?.string?.count == 8)
  }

  @Test func idsThatMakeANotebookInvalidAreReplaced() throws {
    let long = String(repeating: "x", count: 65)
    let all = try ids(5, ["a", "a", "", "a b", long, "é", "ok-1_B"].map(cell).joined(separator: ",")).map {
      $0?.string ?? ""
    }
    #expect(all[0] == "a" && all[6] == "ok-1_B")
    #expect(
      Set(all).count == all.count
        && all.allSatisfy { (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 < 0x80 } })
  }

  @Test(arguments: [
    ("[]", "not a notebook: no JSON object"),
    ("{\"nbformat\": 3, \"cells\": []}", "nbformat 3 cannot be read, only 4"),
    ("{\"nbformat\": 4}", "not a notebook: no cells"),
    ("{\"nbformat\": 4, \"cells\": [{}]}", "cell 1 of the notebook cannot be read"),
  ])
  func refuses(_ text: String, _ message: String) {
    #expect(throws: NotebookError(message)) { try Document(ipynb: Array(text.utf8)) }
  }
}
