import Foundation
import Notebook
import Testing

@testable import Scripting

/// Schedulers in the hands of scripts.
@Suite struct SchedulerBindingTests {
  private func printed(_ source: String) throws -> String {
    var options = Session.Options()
    options.model = "\(ModelBindingTests.goldens)/tiny-sd1"
    let session = try Session(options)
    try #require(session.run("local t, model = lunette.tensor, assert(lunette.load())") == [])
    return session.run(source).map { output in
      switch output {
      case .stream(_, let text): text
      case .error(let failure): failure.message + "\n"
      default: ""
      }
    }.joined()
  }

  @Test(arguments: [
    "ddim", "ddpm", "pndm", "euler", "euler_ancestral", "heun", "lms", "dpmsolver++", "sde-dpmsolver++",
    "unipc", "lcm",
  ])
  func aLoopByHandIsARun(name: String) throws {
    let text = try printed(
      """
      for _, guidance in ipairs{ 1, 5 } do
        local scheduler = model:scheduler{ name = "\(name)", steps = 4 }
        local c, u = model:encode("a cat"), model:encode("")
        local x = model:noise{ seed = 7 } * scheduler.initial_noise
        for index, timestep in ipairs(scheduler.timesteps) do
          local shown = scheduler:scale_input(x, index)
          local prediction = model:denoise(shown, timestep, c)
          if guidance > 1 then
            local without = model:denoise(shown, timestep, u)
            prediction = without + (prediction - without) * guidance
          end
          local noise = scheduler.draws_noise and model:noise{ seed = 7, draw = index + 1 } or nil
          x = scheduler:step(prediction, index, x, { noise = noise })
        end
        local out = model:generate{ prompt = "a cat", seed = 7, steps = 4, scheduler = "\(name)", guidance = guidance }
        print(x == out.latents, (x - out.latents):abs():max():item())
      end
      """)
    #expect(text == "true\t0.0\ntrue\t0.0\n", "\(text)")
  }

  @Test func distillationHasItsGradient() throws {
    let text = try printed(
      """
      local scheduler = model:scheduler{ name = "ddim", steps = 10 }
      local noise, c = model:noise{ seed = 1 }, model:encode("a cat")
      local x = model:noise{ seed = 2 }:requires_grad_()
      local eps = model:denoise(scheduler:add_noise(x, noise, 4):detach(), scheduler.timesteps[4], c)
      -- d/dx of (x_t · (ε̂ - ε)) with ε̂ held fast: √ᾱ (ε̂ - ε)
      local loss = (scheduler:add_noise(x, noise, 4) * (eps - noise)):sum()
      loss:backward()
      local alpha = scheduler.alphas_cumprod[math.tointeger(scheduler.timesteps[4]) + 1]:item()
      print((x.grad - (eps - noise) * math.sqrt(alpha)):abs():max():item() < 1e-6)
      """)
    #expect(text == "true\n", "\(text)")
  }

  @Test(arguments: [
    ("model:scheduler{ name = 'ddmi' }", "there is no scheduler 'ddmi'"),
    ("model:scheduler{ stepz = 3 }", "did you mean 'steps'?"),
    ("model:scheduler{ name = 'pndm', eta = 0.5 }", "eta"),
    ("sch:step(x, 5, x)", "a step from 1 to 4 expected, got 5"),
    ("sch:step(x[1], 1, x)", "shape {4, 16, 16} expected, got {16, 16}"),
    ("sch:step(x, 1, x, { noise = x })", "the ddim scheduler draws none"),
    ("model:scheduler{ name = 'ddpm', steps = 4 }:step(x, 1, x)", "needs some in every step"),
    ("sch:add_noise(x, x[1], 1)", "shape {4, 16, 16} expected"),
    ("model:noise{ draw = 0 }", "option 'draw'"),
  ])
  func slipsAreRefused(call: String, message: String) throws {
    let text = try printed(
      "local sch, x = model:scheduler{ name = 'ddim', steps = 4 }, model:noise{ seed = 1 }\n\(call)")
    #expect(text.contains(message), "\(text)")
  }
}
