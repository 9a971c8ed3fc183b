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
      "-- ---\n-- jupyter: {\"kernelspec\":{\"display_name\":\"Lua\",\"name\":\"lua\"}}\n-- ---\n\n"
    #expect(
      script == header + "-- %% [markdown]\n-- # Title\n--\n-- prose\n\n-- %% tags=[\"parameters\"]\nx = 1\n")
    #expect(try Document(percent: script).cells.map(\.source) == document.cells.map(\.source))
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
