extension Document {
  /// Takes ids, outputs and counts from an older state of the notebook, for cells that say the same (jupytext's way of
  /// updating a notebook from its script).
  public mutating func adoptOutputs(of old: Document) {
    var rest = old.cells
    for index in cells.indices {
      guard
        let match = rest.firstIndex(where: {
          $0.kind == cells[index].kind && $0.source == cells[index].source
        })
      else { continue }
      let cell = rest.remove(at: match)
      cells[index].id = cell.id
      cells[index].hasOwnID = cell.hasOwnID
      cells[index].outputs = cell.outputs
      cells[index].executionCount = cell.executionCount
    }
    for (key, value) in old.metadata.members where metadata[key] == nil { metadata[key] = value }
    // Ids that cells were given before are no longer unique when others took them over.
    var seen: Set<String> = []
    for index in cells.indices where !seen.insert(cells[index].id).inserted { cells[index].id = "" }
    nameCells()
  }
}
