import Lua

/// What scripts find in `lunette`: one file and one `add…` function for each of its modules.
enum Bindings {
  /// Fills the table `lunette`.
  static func add(to lunette: LuaModule) throws {
    lunette.state.wording = Wording.text(of:)
    try addTensor(to: lunette)
    try addGradients(to: lunette)
    try addOptimizers(to: lunette)
    try addLinearAlgebra(to: lunette)
    try addImage(to: lunette)
    try addMetrics(to: lunette)
    try addPlot(to: lunette)
    try addTable(to: lunette)
    try addStatistics(to: lunette)
    try addJSON(to: lunette)
    try addClock(to: lunette)
    try addText(to: lunette)
    try addOptions(to: lunette)
    try addModels(to: lunette)
    try addSweeps(to: lunette)
    try addClustering(to: lunette)
    try addEmbeddings(to: lunette)
  }
}
