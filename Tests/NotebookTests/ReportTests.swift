import Foundation
import Notebook
import Testing

@Suite struct ReportTests {
  func report(_ status: Report.Status = .done, _ outputs: [Output]) throws -> String {
    var document = try Document(percent: "-- %% [markdown]\n-- # A <title>\n-- text\n\n-- %%\nx = 1\ny = 2\n")
    document.cells[1].outputs = outputs
    return Report(document: document, fallbackTitle: "script", status: status, facts: [.init("Seed", "<7>")])
      .html()
  }

  @Test func needsNothingFromOutside() throws {
    let html = try report(.done, [.display(MIMEBundle(png: [0x89, 0x50], plain: "a \"b\""))])
    #expect(html.contains("<img src=\"data:image/png;base64,iVA=\" alt=\"a &quot;b&quot;\""))
    for word in ["http://", "https://", "@import", "url("] {
      #expect(!html.replacing("http://www.w3.org/2000/svg", with: "").contains(word), "\(word)")
    }
  }

  @Test func showsTheTitleOnceAndEscapes() throws {
    let html = try report(.done, [.stream(.stdout, "<&>\n")])
    #expect(html.contains("<title>A &lt;title&gt;</title>"))
    #expect(html.components(separatedBy: "<h1").count == 2)
    #expect(html.contains("<pre class=\"stream\">&lt;&amp;&gt;</pre>"))
    #expect(html.contains("<dd>&lt;7&gt;</dd>"))
  }

  @Test func marksTheLineThatFailed() throws {
    let failure = Output.Failure(message: "s.lua:7: no", traceback: ["s.lua:7: in main chunk"], line: 7)
    let html = try report(.failed, [.error(failure)])
    #expect(html.contains("The script failed at line 7."))
    #expect(html.contains("<span class=\"line marked\">y"))
    #expect(html.contains("counter-reset: line 5"))
    #expect(html.contains("id=\"failure\""))
  }

  @Test func emptyDisplaysLeaveNoTrace() throws {
    let withNothing = try report(
      .done, [.display(MIMEBundle(plain: ""), metadata: [:]), .stream(.stdout, "a\n")])
    #expect(
      !withNothing.contains("<pre class=\"value\">") && withNothing.contains("<pre class=\"stream\">a</pre>"))
  }

  @Test func saysWhenItWasInterrupted() throws {
    #expect(try report(.interrupted, []).contains("Interrupted."))
  }

  @Test func putsSmallPicturesInRows() throws {
    let png: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 64, 0, 0, 0, 64,
    ]
    let picture = Output.display(MIMEBundle(png: png, plain: ""), metadata: ["caption": "*cat*"])
    let html = try report(.done, [picture, picture])
    #expect(html.contains("<div class=\"gallery tiles\">"))
    #expect(html.contains("width=\"256\" height=\"256\" class=\"pixels\""))
    #expect(html.contains("<figcaption><em>cat</em></figcaption>"))
  }
}
