import Foundation
import Testing

/// A script that goes through a model and back a thousand times, with checkpoints in every second pass, needs no more memory at
/// its end than at its start.
@Suite struct LeakTests {
  private static let script = """
    local model = assert(lunette.load())
    local embedding, noise = model:encode("a cat and a pistol"), model:noise{ seed = 1 }

    local function resident()
      collectgarbage()
      collectgarbage()
      for line in io.lines("/proc/self/status") do
        local kilobytes = line:match("^VmRSS:%s*(%d+)")
        if kilobytes then return kilobytes / 1e3 end
      end
    end

    local function passes(count)
      for i = 1, count do
        local c = embedding:clone():requires_grad_()
        local prediction, trace = model:denoise(noise, 500, c, { trace = { self = true }, checkpoint = i % 2 == 0 })
        local loss = prediction:pow(2):mean() + trace:probs(trace.layers[1].path):pow(2):mean()
        loss:backward()
        assert(c.grad:norm():item() > 0)
      end
      return resident()
    end

    local before = passes(100)
    local after = passes(1000)
    print(("%.1f MB, then %.1f MB"):format(before, after))
    assert(after < before + 10)
    """

  @Test func aThousandPassesBackThroughAModel() throws {
    let program = try Program()
    let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("DiffusionTests/Goldens/tiny-sd1").path
    try program.script(Self.script)
    let result = try program.run("run", "script.lua", "--model", model)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }
}
