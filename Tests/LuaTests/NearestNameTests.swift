import Lua
import Testing

struct NearestNameTests {
  @Test func aPartOfANameSuggestsTheWhole() {
    #expect(
      nearestName(to: "use_karras", among: ["sigma_max", "use_karras_sigmas", "steps"]) == "use_karras_sigmas"
    )
    #expect(nearestName(to: "svdd", among: ["solve", "svd"]) == "svd")
  }

  @Test func misspeltAndSwappedLettersAreForgiven() {
    #expect(nearestName(to: "wieght", among: ["width", "weight"]) == "weight")
    #expect(nearestName(to: "ad", among: ["sub", "add", "read"]) == "add")
  }

  @Test func nothingIsSuggestedWhereNothingIsLike() {
    #expect(nearestName(to: "embedding", among: ["mean", "ending_b"]) == nil)
    #expect(nearestName(to: "xy", among: []) == nil)
    #expect(nearestName(to: String(repeating: "q", count: 100_000), among: ["x", "qqq"]) == "qqq")
  }
}
