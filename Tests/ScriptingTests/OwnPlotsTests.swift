import Testing

@testable import Notebook

/// Lunette's own plots stand in reports and in files as they are, whatever is shown in them.
struct OwnPlotsTests {
  @Test(arguments: [
    "line{ x = {1, 2, 3}, y = {1, 4, 2}, low = {0, 3, 1}, high = {2, 5, 3}, label = 'a <b> & \"c\"', title = 't' }",
    "scatter{ x = {1, 10, 100}, y = {3, 1, 2}, x_log = true, x_label = 'x', y_label = 'y' }",
    "bar{ y = {1, -2, 3}, low = {0, -3, 2}, high = {2, -1, 4} }",
    "hist{ x = {1, 2, 2, 3, 3, 3}, bins = 3 }", "heatmap{ z = {{1, 2}, {3, 4}}, values = true, title = 'z' }",
  ])
  func areInert(_ plot: String) throws {
    let bench = try Bench()
    try bench.run("p = lunette.plot.\(plot)")
    let svg = try bench.text("p:svg()")
    #expect(svg.contains("<svg"))
    #expect(InertMarkup.isDrawing(ReportOutput.inlined(svg)), "\(svg.prefix(600))")
  }
}
