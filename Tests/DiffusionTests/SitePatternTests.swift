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

  @Test func refusesMalformedPatterns() {
    #expect(throws: PipelineError("the pattern of a site must not be empty")) { try SitePattern("") }
    #expect(throws: PipelineError("pattern 'unet..out' has an empty path component")) {
      try SitePattern("unet..out")
    }
  }
}
