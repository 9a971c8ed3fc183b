import Models
import Testing

@Suite struct SitePatternTests {
  @Test(arguments: [
    ("unet.mid_block", "unet.mid_block", true),
    ("unet.mid_block", "unet.mid_block.attentions", false),
    ("unet.*.probs", "unet.attn2.probs", true),
    ("unet.*.probs", "unet.up.attn2.probs", false),
    ("unet.**.probs", "unet.up.0.attn2.probs", true),
    ("unet.**.attn2.probs", "unet.attn2.probs", true),
    ("unet.**.attn2.probs", "unet.up.xattn2.probs", false),
    ("**", "unet", true),
    ("**.probs", "unet.a.b.probs", true),
    ("**.a.**.a", "x.a.y.a.z.a", true),
    ("**.a.**.a", "x.a.y.b", false),
    ("unet.up_blocks.**", "unet.up_blocks", true),
    ("unet.*_blocks.*.resnets.1*", "unet.up_blocks.0.resnets.12", true),
    ("unet.*_blocks.*.resnets.1*", "unet.up_blocks.0.resnets.2", false),
    ("unet.attn*", "unet.attn", true),
    ("*", "unet.out", false),
  ])
  func matches(pattern: String, name: String, expected: Bool) throws {
    #expect(try SitePattern(pattern).matches(name) == expected)
  }

  /// A pattern may come from a plugin: trying one way after the other would take for ever here.
  @Test func hostilePatternsTakeNoTime() throws {
    let name = (0..<12).map { "part\($0)aaaaaaaaaaaaaaaa" }.joined(separator: ".")
    let many = String(repeating: "**.", count: 2000)
    #expect(try !SitePattern(many + "x").matches(name))
    #expect(try SitePattern(many + "part11*").matches(name))
    let stars = String(repeating: "*a", count: 2000)
    #expect(try !SitePattern("**." + stars).matches(name))
    #expect(try SitePattern("**." + String(repeating: "*a", count: 16) + "*").matches(name))
    #expect(try SitePattern(many + "x").nearest(in: [name]) == [name])
  }

  @Test func refusesMalformedPatterns() {
    #expect(throws: PipelineError("the pattern of a site must not be empty")) { try SitePattern("") }
    #expect(throws: PipelineError("pattern 'unet..out' has an empty path component")) {
      try SitePattern("unet..out")
    }
  }
}
