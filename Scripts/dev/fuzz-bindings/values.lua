-- What hostile arguments are made of: Lua expressions, so that every call can be written down and made again.
-- They see what `world.lua` makes.
local values = {}

values.numbers = {
  "0", "-0.0", "1", "-1", "2", "3", "7", "64", "0.5", "-3.5", "1e-320", "1e-30", "1e9", "1e15", "1e38", "3e38", "1e300", "1e308", "-1e308",
  "0/0", "1/0", "-1/0", "2^31", "-2^31", "2^32", "2^53", "-2^53", "2^53 + 2", "2^63", "-2^63", "math.mininteger", "math.maxinteger",
  "math.maxinteger - 1", "math.mininteger + 1", "2147483647", "-2147483648", "4294967296", "1 << 40", "1 << 62", "100000", "10^7",
}

values.strings = {
  [[""]], [["x"]], [["a cat"]], [["a\0b"]], [["\xff\xfe"]], [["\u{1F600}é\u{301}"]], [["\27[6n"]], [["line\nline"]], [["%s%n%d"]],
  [["x.png"]], [["x.npy"]], [["x.safetensors"]], [["x.svg"]], [["/dev/full"]], [["/nowhere/x.png"]], [["."]], [["../" .. ("x"):rep(300)]],
  [[("x"):rep(100000)]], [[("cat "):rep(2000)]], [[("("):rep(3000)]], [[("["):rep(100000)]], [["[1, 2"]], [["{\"a\": 1e999}"]], [["-9223372036854775808"]],
  [["unet.**"]], [["unet.mid_block"]], [["**.**.**.**.**"]], [["nearest"]], [["bicubic"]], [["ddim"]], [["euler"]], [["torch-cuda"]], [["each"]],
  [["viridis"]], [["bca"]], [["percentile"]], [["median"]], [["cosine"]], [["svd"]], [["image/png"]],
}

values.tensors = {
  "t{}", "t(0/0)", "t(3)", "t{1, 2, 3}", "t{0/0, 0/0}", "t{1e38, -1e38}", "t.zeros{0, 3}", "t.zeros{3, 0}", "t.zeros{2, 0, 2}",
  "t.arange(6):view{2, 3}", "t.arange(6):view{2, 3}:t()", "t.arange(24):view{2, 3, 4}", "t.eye(3)", "t.full({2, 2}, 0/0)", "t.full({3, 3}, 1/0)",
  "t.zeros{1, 1, 1, 1, 1, 1, 1, 1}", "t.zeros{2, 2, 3}", "t.ones{8, 8, 3}", "t.ones{4, 8, 8}", "t.ones{1, 4, 8, 8}", "t.ones{4, 4, 3, 3}", "t.ones{1, 30000, 3}", "t.ones{30000, 1, 3}", "t.ones{1, 1, 3}",
  "t(1):expand{5000}", "t(1):expand{1 << 30}", "t{1}:expand{40000, 40000}", "t{{0/0}}:expand{30000, 30000}", "t{{1, 2}}:expand{1 << 25, 2}",
  "t(1):expand{20000, 20000, 3}", "t{1, 2}:expand{3, 2}", "t.arange(6):view{2, 3}[1]:expand{4, 3}", "t.arange(10)[{{3, 7}}]",
  "t.arange(5):requires_grad_()", "t.ones{3, 3}:requires_grad_():mul(2)", "t(1):expand{1 << 25}:requires_grad_()",
}

values.tables = {
  "{}", "{{}}", "{{}, {1}}", "{0}", "{-1}", "{1, 2, 3}", "{2, 1}", "{1, 1}", "{1, nil, 3}", "{0/0}", "{1/0, -1/0}", "{1e308, -1e308}", "{-1e308, 1e308}",
  "{5, 5}", "{1e300, 1e300 * (1 + 2^-52)}", "{1e-320, 2e-320}", "{1, 1 + 2^-52}", "{math.maxinteger}", "{math.mininteger, 1}", "{1 << 40, 1 << 40}", "{1 << 20, 1 << 20}",
  "{\"a\", \"b\"}", "{a = 1}", "{[0] = 1}", "{[1 << 40] = 1}", "{[math.maxinteger] = 1}", "{[2^53] = 1, 1}", "{[1.5] = 2}", "{[true] = 1}",
  "{1, 2, x = 3}", "sparse()", "recursive()", "deep(50)", "deep(300)", "deep(20000)", "wide(5000)",
  "{y = {0/0}}", "{x = {1}, y = {}}", "{z = {{1/0}}}", "{{x = 1}, {y = 2}}", "{t{1, 2}, t{3, 4}}", "{t.zeros{0, 3}}", "{t(1):expand{1 << 25}}",
  "failing(\"__index\")", "failing(\"__len\")", "failing(\"__pairs\")", "failing(\"__tostring\")", "failing(\"__name\")", "failing(\"__mimebundle\")",
  "failing(\"__gc\")", "failing(\"__close\")", "failing(\"__eq\")", "failing(\"__call\")", "lying(\"__len\", math.maxinteger)", "lying(\"__len\", -1)",
  "lying(\"__tostring\", 3)", "lying(\"__mimebundle\", 3)", "lying(\"__mimebundle\", {[1] = 2})", "lying(\"__mimebundle\", {[\"text/html\"] = t{1}})",
  "lying(\"__mimebundle\", {[\"text/plain\"] = (\"x\"):rep(1 << 24)})", "wide(20000)", "lying(\"__content\", {1, 2})", "lying(\"__content\", 3)", "own_content()", "own_index()", "table.pack()", "_G", "lunette",
}

values.others = {
  "nil", "true", "false", "print", "function() end", "function(...) return ... end", "function() error({}) end", "function() error(nil) end",
  "function() error(\"\\xff\") end", "function() return t{1} end", "function() return 0/0 end", "function() return {} end", "function(x) return x end", "yielding", "endless",
  "coroutine.create(print)", "coroutine.wrap(print)", "coroutine.running()", "io.stdout", "closed_tensor()", "closed_image()", "closed_file()",
  "image.new(t.ones{8, 8, 3})", "image.new(t.zeros{1, 1, 3})", "image.new(t{{0/0}})", "image.new(t.ones{8, 8, 3}):tensor()", "lunette.plot.line{y = {1, 2}}", "lunette.table{{1, 2}}",
  "model", "out", "out.trace", "step", "step_end", "clip", "optimizer()", "lunette.help(\"svd\")",
}

-- What methods are called on besides the above: each expression gives a value of another type.
values.receivers = {
  "model", "out", "out.trace", "step", "step_end", "clip", "optimizer()", "image.new(t.ones{8, 8, 3})", "image.new(t{{0/0}})", "lunette.plot.line{y = {1, 2}}",
  "lunette.table{{a = 1}, {b = \"x\"}}", "model:tokenize(\"a cat\")",
}

return values
