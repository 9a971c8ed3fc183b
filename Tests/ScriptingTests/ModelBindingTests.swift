import Foundation
import Notebook
import Testing

@testable import Lua
@testable import Scripting

/// Models in scripts, on the small checkpoint of the parity tests.
@Suite struct ModelBindingTests {
  static let goldens =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    + "/DiffusionTests/Goldens"

  /// What a script prints, or the message of its error, after `model` was loaded.
  private func printed(_ source: String, model: String = "tiny-sd1") throws -> String {
    var options = Session.Options()
    options.model = "\(Self.goldens)/\(model)"
    let session = try Session(options)
    try #require(session.run("local model = assert(lunette.load())") == [])
    return session.run(source).map { output in
      switch output {
      case .stream(_, let text): text
      case .error(let failure): failure.message
      default: "\(output)"
      }
    }.joined()
  }

  @Test func schedulersHaveSettings() throws {
    let run = "local out = model:generate{ prompt = 'a cat', steps = 4, scheduler ="
    #expect(try printed("\(run) 'heun' } print(#out.timesteps)") == "7\n")
    #expect(
      try printed("\(run) { name = 'euler', timestep_spacing = 'trailing' } } print(out.timesteps[1])")
        == "999.0\n")
    #expect(
      try printed("\(run) { name = 'euler', use_karas_sigmas = true } }")
        .contains("unknown option 'scheduler.use_karas_sigmas'; did you mean 'use_karras_sigmas'?"))
    #expect(
      try printed("\(run) { steps_offset = 'one' } }")
        .contains("steps_offset must be a whole number, got \"one\""))
    #expect(try printed("\(run) 'plms' }").contains("there is no scheduler 'plms' (there are 'ddim'"))
  }

  @Test func invertingGivesTheStatesOfARun() throws {
    let text = try printed(
      """
      local img = model:generate{ prompt = "a cat", steps = 2, seed = 1, scheduler = "ddim" }.image
      local inv = model:invert(img, "a cat", { steps = 3, guidance = 2, negative_prompt = "a dog" })
      print(#inv.latents, inv.latents[4] == model:encode_image(img), table.concat(inv.latents[1]:size(), " "))
      """)
    #expect(text == "4\ttrue\t4 16 16\n")
    #expect(try printed("model:invert(1, 'a cat')").contains("bad argument #1 to 'invert'"))
  }
}
