import Families
import Models
import Tensor
import Testing

@Suite struct TextEncoderParityTests {
  @Test(arguments: Reference.all)
  func hiddenStatesAndPooledVectors(reference: Reference) throws {
    let encoder = try #require(try Checkpoint(directory: reference.model).textEncoder() as? TextEncoder)
    for text in 0..<2 {
      let ids = try reference.ids("text.\(text).ids")
      let hidden = try encoder(ids: [ids], context: RunContext())
      try reference.expect(hidden.selected(0, 0), like: "text.\(text).hidden", within: 2e-4)
      let pooled = try encoder.pooled(hidden, ids: [ids])
      try reference.expect(pooled.selected(0, 0), like: "text.\(text).pooled", within: 2e-4)
    }
  }

  @Test(arguments: Reference.all)
  func everyLayer(reference: Reference) throws {
    let encoder = try #require(try Checkpoint(directory: reference.model).textEncoder() as? TextEncoder)
    let states = try encoder.hiddenStates(ids: [reference.ids("text.0.ids")], context: RunContext())
    #expect(!reference.has("text.0.layer.\(states.count)"))
    for (index, state) in states.enumerated() {
      try reference.expect(state.selected(0, 0), like: "text.0.layer.\(index)", within: 2e-4)
    }
  }

  /// Texts in a batch do not see each other.
  @Test(arguments: Reference.all)
  func batches(reference: Reference) throws {
    let encoder = try Checkpoint(directory: reference.model).textEncoder()
    let ids = try [reference.ids("text.1.ids"), reference.ids("text.0.ids")]
    let hidden = try encoder(ids: ids, context: RunContext())
    try reference.expect(hidden.selected(0, 0), like: "text.1.hidden", within: 2e-4)
    try reference.expect(hidden.selected(0, 1), like: "text.0.hidden", within: 2e-4)
  }
}
