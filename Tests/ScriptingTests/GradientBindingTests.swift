import Tensor
import Testing

@testable import Scripting

@Suite struct GradientBindingTests {
  @Test func backward() throws {
    let bench = try Bench()
    try bench.run("x = t{1, 2, 3}; y = x:requires_grad_(); loss = (x * x):sum(); loss:backward()")
    #expect(try bench.holds("x == y and x.requires_grad and loss.requires_grad"))
    #expect(try bench.numbers("x.grad") == [2, 4, 6])
    try bench.run("x.grad = nil; (x[{ {2, 3} }] ^ 2):sum():backward()")
    #expect(try bench.numbers("x.grad") == [0, 4, 6])
    try bench.run("x.grad:mul_(0); x:requires_grad_(false)")
    #expect(try bench.holds("not x.requires_grad and x.grad == nil"))
    #expect(try bench.holds("not t{1}:requires_grad_():detach().requires_grad"))
    #expect(bench.failure("x:sum():backward()").contains("mark it with requires_grad_ before it is used"))
    #expect(bench.failure("t{1, 2}:requires_grad_():exp():backward()").contains("starts from one number"))
    #expect(
      bench.failure("local l = t{1}:requires_grad_():exp(); l:backward(); l:backward()").contains(
        "retain_graph = true"))
    try bench.run("l = t{1}:requires_grad_():exp(); l:backward{ retain_graph = true }; l:backward()")
    #expect(bench.failure("l:requires_grad_(false)").contains("detach()"))
    #expect(bench.failure("l:backward{ retain_grph = true }").contains("did you mean 'retain_graph'?"))
    #expect(bench.failure("t{1}:backward(3)").contains("table expected"))
    #expect(bench.failure("t{1}.grad = t{1}").contains("only a tensor that was marked"))
    #expect(
      bench.failure("x:requires_grad_(); x.grad = t{1, 2}").contains("of a tensor {3} has its shape, got {2}")
    )
    #expect(bench.failure("(x * t{1, 2}):sum():backward()").contains("shapes {3} and {2} do not go together"))
  }

  private static let model = ModelBindingTests.goldens + "/tiny-sd1"

  @Test func whatIsForgottenWithAModel() throws {
    let bench = try Bench()
    try bench.run("m = assert(lunette.load('\(Self.model)'))")
    try bench.run("c, noise = m:encode('a cat'), m:noise{ seed = 1 }")
    #expect(
      bench.failure("m:denoise(noise, 500, c):pow(2):sum():backward()")
        .contains("mark it with requires_grad_ before"))
    try bench.run("x = c:clone():requires_grad_(); out = m:generate{ embedding = x, seed = 1, steps = 2 }")
    #expect(bench.failure("m:decode(out.latents):sum():backward()").contains("its grad_steps"))
    try bench.run("loss = m:denoise(noise, 500, x):pow(2):sum(); loss:backward()")
    #expect(bench.failure("loss:backward()").contains("was differentiated before and is gone"))
    #expect(
      bench.failure("local d = m:denoise(noise, 500, x) - t.zeros{4, 3}").contains("do not go together"))
  }

  /// What a pass leaves is garbage, and collected while the loop runs.
  @Test func aLoopThroughAModelLeavesNothing() throws {
    let bench = try Bench()
    try bench.run(
      """
      local m = assert(lunette.load('\(Self.model)'))
      local c, noise = m:encode('a cat'), m:noise{ seed = 1 }
      function passes(count)
        for _ = 1, count do
          local x = c:clone():requires_grad_()
          local p, trace = m:denoise(noise, 500, x, { trace = { self = true } })
          lunette.grad(p:pow(2):mean() + trace:probs(trace.layers[1].path):pow(2):mean(), x)
        end
        collectgarbage()
        collectgarbage()
      end
      passes(1)
      """)
    let before = Storage.liveByteCount
    try bench.run("passes(20)")
    #expect(Storage.liveByteCount == before)
  }

  @Test func gradAndNoGrad() throws {
    let bench = try Bench()
    try bench.run("a, b = t{1, 2}:requires_grad_(), t{3, 4}:requires_grad_()")
    #expect(try bench.numbers("lunette.grad((a * b):sum(), a)") == [3, 4])
    #expect(try bench.numbers("lunette.grad((a * b):sum(), { a, b })[2]") == [1, 2])
    #expect(try bench.holds("a.grad == nil"))
    #expect(bench.failure("lunette.grad(a:sum(), b)").contains("does not depend on the tensor {2}"))
    #expect(bench.failure("lunette.grad(a:sum(), t{1})").contains("does not require a gradient"))
    #expect(bench.failure("lunette.grad(3, a)").contains("bad argument #1 to 'grad' (tensor expected, got"))
    try bench.run("p, q = lunette.no_grad(function() a:sub_(1); return a * b, 'two' end)")
    #expect(try bench.holds("not p.requires_grad and q == 'two' and (a * b).requires_grad"))
    #expect(try bench.numbers("a") == [0, 1])
    #expect(bench.failure("lunette.no_grad(function() error('oops', 0) end)").contains("oops"))
    #expect(try bench.holds("(a * b).requires_grad"))
  }

  @Test func whatWouldLoseAGradientIsRefused() throws {
    let bench = try Bench()
    try bench.run("a, b = t{1, 2}:requires_grad_(), t{3, 4}")
    #expect(bench.failure("a[1] = 3").contains("requires a gradient cannot be written in place"))
    #expect(bench.failure("a:clone():mul_(3)").contains("use the function that returns a new one"))
    #expect(bench.failure("b[1] = a[1]").contains("would lose the gradient"))
    #expect(bench.failure("t{ a[1], a[2] }").contains("stack or cat joins tensors"))
    #expect(
      bench.failure("linalg.sqrtm(a:view{1, 2}:t():mm(a:view{1, 2}))").contains("sqrtm has no gradient"))
    #expect(bench.failure("local l = (a * b):sum(); b:zero_(); l:backward()").contains("clone it before"))
    #expect(try bench.numbers("lunette.grad(t.stack({ a[2], a[1] }):dot(t{3, 4}), a)") == [4, 3])
  }

  @Test func relaxedChoices() throws {
    let bench = try Bench()
    try bench.run("x = t.randn({4, 6}, { seed = 1 }):requires_grad_()")
    #expect(try bench.holds("x:gumbel_softmax{ seed = 2 } == x:gumbel_softmax{ seed = 2 }"))
    #expect(try bench.holds("x:gumbel_softmax() ~= x:gumbel_softmax()"))
    #expect(try bench.sizes("x:gumbel_softmax{ dim = 1 }:sum(1)") == [6])
    #expect(try bench.numbers("x:gumbel_softmax{ hard = true, seed = 2 }:max(2)") == [1, 1, 1, 1])
    #expect(
      try bench.holds("lunette.grad(x:gumbel_softmax{ hard = true, seed = 2 }[{1, 1}], x):norm():item() > 0"))
    #expect(bench.failure("x:gumbel_softmax{ temperature = 0 }").contains("temperature must be above 0"))
    #expect(bench.failure("x:gumbel_softmax{ dim = 3 }").contains("dimension from 1 to 2 expected"))
    #expect(try bench.numbers("lunette.grad(x:straight_through(x:round()):sum(), x):sum()") == [24])
    #expect(try bench.holds("lunette.metrics.cosine(x, x * 2).requires_grad"))
    #expect(try bench.holds("type(lunette.metrics.mse(x:detach(), t.zeros{4, 6})) == 'number'"))
  }
}
