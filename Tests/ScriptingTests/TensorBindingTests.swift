import Testing

@testable import Scripting

@Suite struct TensorBindingTests {
  @Test func tensorsAreMadeOfTables() throws {
    let bench = try Bench()
    #expect(try bench.sizes("t{ {1, 2, 3}, {4, 5, 6} }") == [2, 3])
    #expect(try bench.numbers("t{ {1, 2, 3}, {4, 5, 6} }") == [1, 2, 3, 4, 5, 6])
    #expect(try bench.sizes("t{}") == [0])
    #expect(try bench.sizes("t(5)") == [])
    #expect(try bench.sizes("t{ t{1, 2}, {3, 4} }") == [2, 2])
    #expect(try bench.numbers("t{ t{1, 2}, {3, t(4)} }") == [1, 2, 3, 4])
    #expect(try bench.holds("t{ {1, 2}, {3, 4} }:tolist()[2][1] == 3"))
    #expect(
      bench.failure("t{ {1, 2}, {3} }") == "bad argument #1 to 'tensor' (2 numbers expected at [2], got 1)")
    #expect(bench.failure("t{ {1}, 2 }") == "bad argument #1 to 'tensor' (1 numbers expected at [2], got 2)")
    #expect(
      bench.failure("t{ 1, 'x' }") == "bad argument #1 to 'tensor' (number expected at [2], got string)")
    #expect(bench.failure("t{ 1, {} }") == "bad argument #1 to 'tensor' (number expected at [2], got table)")
    #expect(bench.failure("local a = {} a[1] = a; t(a)").contains("nested at most 8 deep"))
    #expect(bench.failure("local a = {1} a[2] = a; t(a)").contains("number expected at [2], got table"))
    #expect(bench.failure("t{ x = 1 }").contains("list of numbers expected"))
    #expect(bench.failure("t()").contains("nested list of numbers expected, got no value"))
    #expect(bench.failure("t{ t{1, 2}, t{1} }").contains("2 numbers expected at [2], got a tensor {1}"))
  }

  @Test func constructors() throws {
    let bench = try Bench()
    #expect(try bench.sizes("t.zeros{2, 3}") == [2, 3])
    #expect(try bench.sizes("t.ones(2, 3)") == [2, 3])
    #expect(try bench.numbers("t.full({2}, 7)") == [7, 7])
    #expect(try bench.numbers("t.arange(4)") == [0, 1, 2, 3])
    #expect(try bench.numbers("t.arange(2, 8, 3)") == [2, 5])
    #expect(try bench.numbers("t.linspace(0, 1, 3)") == [0, 0.5, 1])
    #expect(try bench.numbers("t.eye(2)") == [1, 0, 0, 1])
    #expect(try bench.numbers("t.cat({ t{1}, t{2, 3} })") == [1, 2, 3])
    #expect(try bench.sizes("t.cat({ t.ones{2, 1}, t.ones{2, 3} }, 2)") == [2, 4])
    #expect(try bench.sizes("t.stack({ t{1, 2}, t{3, 4}, t{5, 6} }, 2)") == [2, 3])
    #expect(try bench.numbers("t.one_hot(t{2, 1}, 3)") == [0, 1, 0, 1, 0, 0])
    #expect(try bench.sizes("t.one_hot(t{ {2, 1} }, 3)") == [1, 2, 3])
    #expect(try bench.numbers("t.where(t{1, 0}, 5, t{7, 8})") == [5, 8])
    #expect(bench.failure("t.one_hot(t{4}, 3)").contains("indices from 1 to 3 expected, got 4"))
    #expect(bench.failure("t.one_hot(t{0}, 3)").contains("indices from 1 to 3 expected, got 0"))
    #expect(
      bench.failure("t.cat({ t.ones{2, 1}, t.ones{3, 1} }, 2)")
        == "bad argument #1 to 'cat' (tensors {2, 1} and {3, 1} at [1] and [2] cannot be joined in dimension 2)"
    )
    #expect(bench.failure("t.cat({})").contains("at least one tensor expected"))
    #expect(bench.failure("t.stack({ t{1}, t{1, 2} })").contains("shape {1} expected at [2], got {2}"))
  }

  @Test func randomNumbersArePyTorchs() throws {
    let bench = try Bench()
    // torch.manual_seed(1); torch.randn(3)
    let normal = try bench.numbers("t.randn({3}, { seed = 1 })")
    for (value, expected) in zip(normal, [0.66135216, 0.26692411, 0.06167726]) {
      #expect(abs(value - expected) < 2e-6)
    }
    #expect(try bench.holds("t.randn({2, 3}, { seed = 1 }) == t.randn({2, 3}, { seed = 1 })"))
    #expect(try bench.holds("t.randn(4) ~= t.randn(4)"))
    try bench.run("t.manual_seed(5) a = t.rand(4) t.manual_seed(5) b = t.rand(4)")
    #expect(try bench.holds("a == b and (a:ge(0) * a:lt(1)):sum():item() == 4"))
    #expect(try bench.numbers("t.randperm(5, { seed = 2 }):sort()") == [1, 2, 3, 4, 5])
    #expect(bench.failure("t.randn({3}, { sead = 1 })").contains("did you mean 'seed'?"))
  }

  @Test func indexing() throws {
    let bench = try Bench()
    try bench.run("x = t.arange(12):view{3, 4}")
    #expect(try bench.numbers("x[1]") == [0, 1, 2, 3])
    #expect(try bench.numbers("x[-1]") == [8, 9, 10, 11])
    #expect(try bench.number("x[2][3]:item()") == 6)
    #expect(try bench.number("x[{2, 3}]:item()") == 6)
    #expect(try bench.numbers("x[{ {1, 2}, 1 }]") == [0, 4])
    #expect(try bench.numbers("x[{ {}, 2 }]") == [1, 5, 9])
    #expect(try bench.numbers("x[{ 1, {-2, -1} }]") == [2, 3])
    #expect(try bench.sizes("x[{ {1, 2}, {4, 4} }]") == [2, 1])
    #expect(try bench.sizes("x[{ {4, 3} }]") == [0, 4])
    #expect(try bench.sizes("x[{}]") == [3, 4])
    try bench.run("x[{ 1, {} }] = 0; x[2] = t{1, 2, 3, 4}; x[{ 3, {1, 2} }] = {5, 6}; x[{3, 3}] = 1.5")
    #expect(try bench.numbers("x") == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 1.5, 11])
    #expect(
      bench.failure("return x[0]")
        == "bad argument #1 to 'index' (index 0 is out of range for dimension 1 of a tensor {3, 4})")
    #expect(bench.failure("return x[{ 1, 5 }]").contains("index 5 is out of range for dimension 2"))
    #expect(bench.failure("return x[math.mininteger]").contains("out of range"))
    #expect(bench.failure("return x[math.maxinteger]").contains("out of range"))
    #expect(bench.failure("return x[{ {math.mininteger, math.maxinteger} }]").contains("leaves dimension 1"))
    #expect(bench.failure("return x[{ {math.maxinteger, math.mininteger} }]").contains("leaves dimension 1"))
    #expect(bench.failure("return x[{ {2, 4} }]").contains("range {2, 4} leaves dimension 1"))
    #expect(bench.failure("return x[{ {3, 1} }]").contains("leaves dimension 1"))
    #expect(
      bench.failure("return x[{ {1} }]").contains("{first, last} or {} expected for dimension 1, got {1}"))
    #expect(bench.failure("return x[{ 1, 2, 3 }]").contains("at most 2 indices expected"))
    #expect(bench.failure("return x[1.5]").contains("integer, {first, last} or {} expected, got 1.5"))
    #expect(bench.failure("return x[0/0]").contains("nan"))
    #expect(bench.failure("return x[true]").contains("got boolean"))
    #expect(bench.failure("x[1] = {1, 2, 3}").contains("a tensor {3} cannot be copied into {4}"))
    #expect(bench.failure("x[1] = 'a'").contains("bad argument #2 to 'assign'"))
    #expect(bench.failure("x.foo = 1").contains("tensor has no member 'foo'"))
    #expect(bench.failure("return x.shap").contains("tensor has no member 'shap'"))
    #expect(
      bench.failure("local y = x:expand{2, 3, 4} y[1] = 0; x:expand{2, 3, 4}:fill_(1)").contains(
        "repeats its elements"))
  }

  @Test func ipairsEndsWithTheLastElement() throws {
    let bench = try Bench()
    try bench.run(
      """
      seen = {}
      for i, row in ipairs(t{ {1, 2}, {3, 4}, {5, 6} }) do seen[i] = row[2]:item() end
      count = 0
      for _ in ipairs(t.zeros{0, 3}) do count = count + 1 end
      for _, each in ipairs{ 7, nil, 8 } do count = count + each end
      """)
    #expect(try bench.holds("#seen == 3 and seen[1] == 2 and seen[3] == 6 and count == 7"))
    #expect(bench.failure("for _ in ipairs(t(1)) do end").contains("a 0-d tensor has no length"))
    #expect(bench.failure("ipairs()").contains("bad argument #1 to 'ipairs'"))
    // What lies beyond the end is still a mistake.
    #expect(bench.failure("return t{1, 2}[3]").contains("index 3 is out of range"))
  }

  @Test func productsAndPickingFollowTorch() throws {
    let bench = try Bench()
    try bench.run("x = t{ {1, 2, 3}, {4, 5, 6} } v = t{1, 0, 2}")
    #expect(try bench.numbers("x:matmul(v)") == [7, 16])
    #expect(try bench.sizes("x:matmul(v)") == [2])
    #expect(try bench.numbers("t{1, 10}:matmul(x)") == [41, 52, 63])
    #expect(try bench.number("v:matmul(v):item()") == 5)
    #expect(try bench.sizes("v:matmul(v)") == [])
    #expect(try bench.sizes("t.ones{5, 2, 3}:matmul(v)") == [5, 2])
    #expect(try bench.sizes("t{1, 10}:matmul(t.ones{5, 2, 3})") == [5, 3])
    #expect(bench.failure("x:matmul(t(1))").contains("vectors or matrices expected, got {2, 3} and {}"))
    // Fewer places than the tensor has in the other dimensions too.
    #expect(try bench.numbers("x:gather(2, t{ {3, 1} })") == [3, 1])
    #expect(try bench.numbers("x:gather(1, t{ {2, 1} })") == [4, 2])
    #expect(try bench.numbers("x:gather(1, t{ {2}, {1}, {2} })") == [4, 1, 4])
    #expect(try bench.sizes("x:gather(1, t.ones{3, 0})") == [3, 0])
    #expect(bench.failure("x:gather(1, t.ones{2, 4})").contains("indices {2, 4} do not fit a tensor {2, 3}"))
    #expect(bench.failure("x:gather(1, t{1, 2})").contains("indices {2} do not fit a tensor {2, 3}"))
    try bench.run("w = x:clone():requires_grad_() w:gather(2, t{ {3, 1, 1} }):sum():backward()")
    #expect(try bench.numbers("w.grad") == [2, 0, 1, 0, 0, 0])
    try bench.run("w = t{2, 2, 2}:requires_grad_() w:std():backward()")
    #expect(try bench.numbers("w.grad") == [0, 0, 0])
  }

  @Test func viewsShareStorage() throws {
    let bench = try Bench()
    try bench.run("x = t.arange(6):view{2, 3} x:t()[1] = 9 x:view{-1}[2] = 7 x:narrow(2, 3, 1):fill_(5)")
    #expect(try bench.numbers("x") == [9, 7, 5, 9, 4, 5])
    try bench.run("y = x:clone() y[1] = 0")
    #expect(try bench.numbers("x[1]") == [9, 7, 5])
    #expect(try bench.sizes("x:permute{2, 1}") == [3, 2])
    #expect(try bench.sizes("x:unsqueeze(1):unsqueeze(-1)") == [1, 2, 3, 1])
    #expect(try bench.sizes("x:unsqueeze(1):squeeze()") == [2, 3])
    #expect(try bench.sizes("x:squeeze(1)") == [2, 3])
    #expect(try bench.sizes("t{1, 2}:unsqueeze(1):expand{3, -1}") == [3, 2])
    #expect(try bench.sizes("x:flatten()") == [6])
    #expect(try bench.numbers("x:select(2, 1)") == [9, 9])
    #expect(try bench.numbers("x:index_select(2, t{3, 1})") == [5, 9, 5, 9])
    #expect(try bench.numbers("x:index_select(1, {2})") == [9, 4, 5])
    #expect(try bench.numbers("x:gather(2, t{ {3}, {2} })") == [5, 4])
    #expect(try bench.numbers("x:clone():index_copy_(1, t{2}, t{ {1, 2, 3} })") == [9, 7, 5, 1, 2, 3])
    #expect(try bench.number("#x:split(1)") == 2)
    #expect(
      try bench.holds("x:size(2) == 3 and x:size(-1) == 3 and x:dim() == 2 and x:numel() == 6 and #x == 2"))
    #expect(
      bench.failure("return x:size(3)") == "bad argument #1 to 'size' (dimension from 1 to 2 expected, got 3)"
    )
    #expect(bench.failure("return x:size(0)").contains("dimension from 1 to 2 expected, got 0"))
    #expect(bench.failure("return x:permute{1, 1}").contains("each dimension from 1 to 2 once expected"))
    #expect(bench.failure("return x:permute{0, 1}").contains("each dimension from 1 to 2 once expected"))
    #expect(
      bench.failure("return t{1}:t()").hasPrefix("calling 't' on bad self (2-d tensor expected, got {1}"))
    #expect(
      bench.failure("return x:narrow(2, 2, 3)").contains(
        "bad argument #3 to 'narrow' (length from 0 to 2 expected, got 3)"))
    #expect(bench.failure("return x:narrow(2, 0, 1)").contains("bad argument #2 to 'narrow'"))
    #expect(bench.failure("return x:view{4}").contains("cannot be reshaped to {4}"))
    #expect(
      bench.failure("return x:index_select(1, t{1.5})").contains("indices from 1 to 2 expected, got 1.5"))
    #expect(bench.failure("return x:index_select(1, t{0/0})").contains("indices from 1 to 2 expected"))
    #expect(bench.failure("return x:index_copy_(1, {1}, t{1})").contains("bad argument #3"))
  }

  @Test func operators() throws {
    let bench = try Bench()
    try bench.run("x = t{1, 2, 4}")
    #expect(try bench.numbers("x + 1") == [2, 3, 5])
    #expect(try bench.numbers("1 - x") == [0, -1, -3])
    #expect(try bench.numbers("8 / x") == [8, 4, 2])
    #expect(try bench.numbers("x * x - x / 2") == [0.5, 3, 14])
    #expect(try bench.numbers("-x") == [-1, -2, -4])
    #expect(try bench.numbers("x ^ 2") == [1, 4, 16])
    #expect(try bench.numbers("2 ^ x") == [2, 4, 16])
    #expect(try bench.sizes("t.ones{3, 1} + t.ones{4}") == [3, 4])
    #expect(try bench.holds("x == t{1, 2, 4} and x ~= t{1, 2} and x ~= t{1, 2, 5}"))
    #expect(try bench.holds("x:max() > 3 and x:min() <= 1 and not (x:sum() < t(7))"))
    #expect(try bench.numbers("x:gt(1)") == [0, 1, 1])
    #expect(try bench.numbers("x:lt(t{2, 2, 2})") == [1, 0, 0])
    #expect(try bench.numbers("x:ge(2) + x:le(1) + x:eq(4) + x:ne(4)") == [2, 2, 2])
    #expect(try bench.text("'sum: ' .. x:sum()") == "sum: 7.0")
    #expect(bench.failure("return x + {}") == "bad operand #2 to '+' (tensor or number expected, got table)")
    #expect(bench.failure("return nil * x") == "bad operand #1 to '*' (tensor or number expected, got nil)")
    #expect(bench.failure("return x < 1").contains("tensor of one element or number expected, got {3}"))
    #expect(bench.failure("return x + t{1, 2}") == "shapes {3} and {2} do not go together")
    #expect(
      bench.failure("return x:add('a')") == "bad argument #1 to 'add' (tensor or number expected, got string)"
    )
  }

  @Test func functions() throws {
    let bench = try Bench()
    #expect(try bench.numbers("t{-1, 4}:abs():sqrt()") == [1, 2])
    #expect(try bench.numbers("t{-1, 4}:relu():pow(2)") == [0, 16])
    #expect(try bench.numbers("t{-1, 4}:clamp(0, 1)") == [0, 1])
    #expect(try bench.numbers("t{-1, 4}:clamp(nil, 1)") == [-1, 1])
    #expect(try bench.numbers("t{0/0, 1}:isnan()") == [1, 0])
    #expect(try bench.numbers("t{ {1, 2}, {3, 4} }:mm(t{ {1}, {1} })") == [3, 7])
    #expect(try bench.sizes("t.ones{2, 3, 4}:bmm(t.ones{2, 4, 5})") == [2, 3, 5])
    #expect(try bench.numbers("t{ {1, 2}, {3, 4} }:mv(t{1, 1})") == [3, 7])
    #expect(try bench.number("t{1, 2}:dot(t{3, 4}):item()") == 11)
    #expect(try bench.sizes("t.ones{3, 4, 4}:resize(8, 2, 'bicubic')") == [3, 8, 2])
    #expect(
      bench.failure("t{1}:mm(t.ones{1, 1})").hasPrefix(
        "calling 'mm' on bad self (2-d tensor expected, got {1})"))
    #expect(
      bench.failure("t.ones{1, 1}:mm(t{1})") == "bad argument #1 to 'mm' (2-d tensor expected, got {1})")
    #expect(bench.failure("t.ones{2, 3}:mm(t.ones{2, 3})").contains("has 3 columns"))
    #expect(bench.failure("t{1}:clamp(1, 0)").contains("bad argument #2 to 'clamp'"))
    #expect(bench.failure("t{1}:resize(2, 2)").contains("{…, height, width}"))
    #expect(
      bench.failure("t.ones{2, 2}:resize(0, 2)").contains(
        "bad argument #1 to 'resize' (integer of at least 1"))
    #expect(bench.failure("t.ones{2, 2}:resize(1, 1 << 60)").contains("out of memory"))
    #expect(bench.failure("t.ones{2, 2}:resize(2, 2, 'cubic')").contains("'bicubic'"))
  }

  @Test func reductions() throws {
    let bench = try Bench()
    try bench.run("x = t{ {1, 5, 3}, {4, 2, 6} }")
    #expect(try bench.number("x:sum():item()") == 21)
    #expect(try bench.numbers("x:sum(1)") == [5, 7, 9])
    #expect(try bench.sizes("x:sum(1, { keepdim = true })") == [1, 3])
    #expect(try bench.numbers("x:mean{1, 2}") == [3.5])
    #expect(try bench.numbers("x:prod(2)") == [15, 48])
    #expect(try bench.numbers("t{3, 4}:norm()") == [5])
    #expect(try bench.numbers("t{1, 3}:var()") == [2])
    #expect(try bench.numbers("t{1, 3}:std(1, { correction = 0 })") == [1])
    try bench.run("v, i = x:max(2)")
    #expect(try bench.numbers("v") == [5, 6])
    #expect(try bench.numbers("i") == [2, 3])
    try bench.run("v, i = x:min(1)")
    #expect(try bench.numbers("v") == [1, 2, 3])
    #expect(try bench.numbers("i") == [1, 2, 1])
    #expect(try bench.number("x:max():item()") == 6)
    #expect(try bench.number("x:argmax():item()") == 6)
    #expect(try bench.numbers("x:argmin(2)") == [1, 2])
    try bench.run("v, i = x:sort(2, { descending = true })")
    #expect(try bench.numbers("v") == [5, 3, 1, 6, 4, 2])
    #expect(try bench.numbers("i") == [2, 3, 1, 3, 1, 2])
    try bench.run("v, i = x:topk(1)")
    #expect(try bench.numbers("i") == [2, 3])
    #expect(try bench.numbers("x:cumsum(1)") == [1, 5, 3, 5, 7, 9])
    #expect(try bench.numbers("t.zeros{1, 2}:softmax(2)") == [0.5, 0.5])
    #expect(try bench.numbers("t{ {3, 4} }:normalize(2):mul(10):round()") == [6, 8])
    #expect(bench.failure("x:sum(3)").contains("dimension from 1 to 2 expected, got 3"))
    #expect(bench.failure("x:sum{1, -2}").contains("each dimension only once"))
    #expect(bench.failure("t(1):sum(1)").contains("a 0-d tensor has no dimensions, got 1"))
    #expect(bench.failure("t{}:max()").contains("tensor with elements expected, got {0}"))
    #expect(bench.failure("x:topk(4)").contains("integer from 0 to 3 expected, got 4"))
    #expect(bench.failure("x:topk(-1)").contains("integer from 0 to 3"))
    #expect(bench.failure("x:sum(1, { keepdims = true })").contains("did you mean 'keepdim'?"))
    #expect(bench.failure("x:item()").contains("tensor of one element expected, got {2, 3}"))
  }

  @Test func methodsInPlaceReturnTheTensor() throws {
    let bench = try Bench()
    try bench.run("x = t{1, -2} y = x:add_(1):mul_(t{2, 3}):abs_()")
    #expect(try bench.numbers("x") == [4, 3])
    #expect(try bench.holds("rawequal(x, y)"))
    #expect(try bench.numbers("x:clamp_(0, 3):sub_(1):div_(2):pow_(2)") == [1, 1])
    #expect(try bench.numbers("x:fill_(2):copy_(t{5, 6}):neg_()") == [-5, -6])
    #expect(try bench.numbers("x:zero_():exp_()") == [1, 1])
    #expect(bench.failure("x:add_(t{1, 2, 3})").contains("do not go together in place"))
    #expect(bench.failure("x:copy_(t{1, 2, 3})").contains("cannot be copied"))
  }

  @Test func tensorsAsText() throws {
    let bench = try Bench()
    #expect(try bench.text("t(0.5)") == "0.5")
    #expect(try bench.text("t{1, 2.25}") == "tensor {2}\n     1  2.25")
    #expect(try bench.text("t{ {1, 2}, {3, 4} }") == "tensor {2, 2}\n  1  2\n  3  4")
    #expect(try bench.text("t.zeros{0, 3}") == "tensor {0, 3}")
    #expect(try bench.text("t.arange(1000)") == "tensor {1000} from 0 to 999, mean 499.5")
    #expect(try bench.text("t.full({2, 2, 2}, 0/0)") == "tensor {2, 2, 2}, 8 not finite")
  }

  @Test func hugeSizesAreRefused() throws {
    let bench = try Bench()
    for size in ["math.maxinteger", "1 << 40", "2^53"] {
      for call in [
        "zeros{\(size)}", "randn{\(size), \(size)}", "eye(\(size))", "arange(\(size))",
        "linspace(0, 1, \(size))",
      ] {
        #expect(bench.failure("t.\(call)").contains("out of memory"), "\(call)")
      }
    }
    for size in ["-1", "math.mininteger"] {
      #expect(bench.failure("t.zeros{\(size)}").contains("cannot be negative"))
      #expect(bench.failure("t.eye(\(size))").contains("negative"))
    }
    #expect(bench.failure("t.zeros{0/0}").contains("integer expected"))
    #expect(bench.failure("t.zeros{1e300}").contains("integer expected"))
    #expect(bench.failure("t.arange(1/0)").contains("finite"))
    #expect(bench.failure("t.arange(0, 1, 0)").contains("other than 0"))
    #expect(bench.failure("t.zeros{1, 1, 1, 1, 1, 1, 1, 1, 1}").contains("at most 8 dimensions"))
    #expect(bench.failure("t.one_hot(t{1}, math.maxinteger)").contains("out of memory"))
    #expect(bench.failure("t{1}:tile{math.maxinteger}").contains("out of memory"))
    #expect(bench.failure("t{1}:unsqueeze(1):expand{math.maxinteger, 1}").contains("out of memory"))
    #expect(bench.failure("t{1}:narrow(1, 1, math.mininteger)").contains("length from 0 to 1"))
    #expect(bench.failure("t{1}:narrow(1, math.maxinteger, 1)").contains("index from 1 to 1"))
    #expect(bench.failure("t{1}:permute{math.maxinteger}").contains("each dimension"))
    #expect(bench.failure("t{1}:var(1, { correction = math.mininteger })").contains("correction"))
    #expect(bench.failure("t.randperm(math.maxinteger)").contains("integer from 0"))
    #expect(bench.failure("t{1}:split(0)").contains("at least 1"))
  }

  @Test func absentMembersNameTheNearest() throws {
    let bench = try Bench()
    #expect(bench.failure("t{1}:unfold_()").contains("tensor has no member 'unfold_'"))
    #expect(bench.failure("t{1}:soft_max(1)").contains("did you mean 'softmax'?"))
  }

  @Test func layersArePyTorchs() throws {
    let bench = try Bench()
    try bench.run("x = t.arange(18):view{1, 2, 3, 3} w = (t.arange(24) - 12):view{2, 2, 2, 3} / 10")
    // F.conv2d(x, w, torch.tensor([1., 2.]), stride=2, padding=1)
    let convolved = try bench.numbers("x:conv2d(w, { bias = t{1, 2}, stride = 2, padding = 1 }):flatten()")
    for (value, expected) in zip(convolved, [-2.5, -6.7, -31.8, -45, 22.5, 23.1, 60.4, 56.8]) {
      #expect(abs(value - expected) < 1e-4)
    }
    // F.group_norm(y, 2, torch.tensor([1., 2, 1, 1]), torch.tensor([0., 1, 0, 0]))
    try bench.run("y = t{1, 2, 3, 7, 0, 5, 2, 2}:view{1, 4, 1, 2}")
    let normal = try bench.numbers(
      "y:group_norm(2, { weight = t{1, 2, 1, 1}, bias = t{0, 1, 0, 0} }):flatten()")
    let expected = [
      -0.9878774, -0.5488208, 0.7804717, 4.2929244, -1.2602501, 1.5403057, -0.1400278, -0.1400278,
    ]
    #expect(normal.count == expected.count)
    for (value, expected) in zip(normal, expected) { #expect(abs(value - expected) < 1e-4) }

    #expect(bench.failure("t{1}:conv2d(w)").contains("images {n, channels, height, width} expected, got {1}"))
    #expect(bench.failure("x:conv2d(t.ones{1, 3, 1, 1})").contains("does not take the 2 channels"))
    #expect(bench.failure("x:conv2d(w, { bias = t{1} })").contains("bias"))
    #expect(bench.failure("x:conv2d(w, { stride = 0 })").contains("integer from 1 to 65536 expected, got 0"))
    #expect(bench.failure("x:conv2d(w, { padding = math.maxinteger })").contains("integer from 0 to 65536"))
    #expect(bench.failure("x:conv2d(w, { groups = 2 })").contains("in 2 groups"))
    #expect(bench.failure("x:group_norm(3)").contains("2 channels cannot be divided into 3 groups"))
    #expect(bench.failure("x:group_norm(0)").contains("cannot be divided into 0 groups"))
    #expect(bench.failure("x:group_norm(1, { weight = t{1} })").contains("weight and bias must be {2}"))
    #expect(bench.failure("x:group_norm(1, { eps = -1 })").contains("number above 0 expected"))
  }

  @Test func json() throws {
    let bench = try Bench()
    try bench.run("j = lunette.json.decode('{\"a\": [1, 2.5, \"x\", true, {\"b\": []}], \"n\": null}')")
    #expect(try bench.holds("math.type(j.a[1]) == 'integer' and j.a[2] == 2.5 and j.a[3] == 'x'"))
    #expect(try bench.holds("j.a[4] == true and #j.a[5].b == 0 and j.n == nil"))
    #expect(bench.failure("lunette.json.decode('{')").contains("JSON expected"))
    try withTemporaryFolder { folder in
      #expect(
        try bench.text("select(2, lunette.json.load('\(folder)/none'))").contains(
          "none: No such file or directory"))
      try bench.run("local f = io.open('\(folder)/a.json', 'w') f:write('[1,') f:close()")
      #expect(try bench.text("select(2, lunette.json.load('\(folder)/a.json'))").contains("a.json"))
      try bench.run("os.remove('\(folder)/a.json')")
    }
  }

  @Test func droppedTensorsAreCollected() throws {
    let bench = try Bench()
    try bench.run("for i = 1, 600 do local x = t.zeros{1 << 18} end")
    #expect(try bench.number("collectgarbage('count')") < 10_000)
  }

  @Test func files() throws {
    let bench = try Bench()
    try withTemporaryFolder { folder in
      try bench.run("x = t.arange(6):view{2, 3} x:t():save('\(folder)/x.npy')")
      #expect(try bench.holds("t.load('\(folder)/x.npy') == x:t()"))
      try bench.run("t.save('\(folder)/x.safetensors', { x = x, y = x[1] })")
      #expect(try bench.holds("t.load('\(folder)/x.safetensors').y == x[1]"))
      #expect(try bench.text("select(2, t.load('\(folder)/none.npy'))").contains("none.npy"))
      #expect(try bench.text("select(2, t.load('\(folder)/x.txt'))").contains("neither in .npy"))
      #expect(bench.failure("x:save('\(folder)/x.txt')").contains("name ending in .npy expected"))
      #expect(bench.failure("t.save('\(folder)/no/x.npy', x)").contains("no/x.npy"))
      #expect(
        bench.failure("t.save('\(folder)/x.safetensors', { x })").contains(
          "table of tensors by name expected, got [1]"))
      #expect(
        bench.failure("t.save('\(folder)/x.safetensors', { x = 1 })").contains(
          "tensor expected, got 1 at 'x'"))
      try bench.run("os.remove('\(folder)/x.npy') os.remove('\(folder)/x.safetensors')")
    }
  }
}
