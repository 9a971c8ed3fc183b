import Testing

@testable import Scripting

@Suite struct LibraryBindingTests {
  @Test func linearAlgebra() throws {
    let bench = try Bench()
    try bench.run("x = t{ {3, 0}, {0, -2}, {0, 0} } U, S, Vh = linalg.svd(x)")
    #expect(try bench.numbers("S") == [3, 2])
    #expect(try bench.sizes("U") == [3, 2])
    #expect(try bench.sizes("linalg.svd(x, { full = true })") == [3, 3])
    #expect(try bench.holds("((U * S):mm(Vh) - x):abs():max() < 1e-6"))
    #expect(try bench.numbers("linalg.solve(t{ {2, 0}, {0, 4} }, t{2, 2})") == [1, 0.5])
    #expect(try bench.numbers("linalg.eigh(t{ {2, 0}, {0, 1} })") == [1, 2])
    #expect(try bench.numbers("linalg.sqrtm(t{ {4, 0}, {0, 9} })") == [2, 0, 0, 3])
    #expect(try bench.holds("(x:mm(linalg.pinv(x)):mm(x) - x):abs():max() < 1e-5"))
    #expect(try bench.numbers("linalg.lstsq(t{ {1}, {1} }, t{1, 3}):mul(1000):round()") == [2000])
    try bench.run("Q, R = linalg.qr(x)")
    #expect(try bench.holds("(Q:mm(R) - x):abs():max() < 1e-5"))
    #expect(
      bench.failure("linalg.svd(t.ones{1, 77, 768})")
        == "bad argument #1 to 'svd' (2-d tensor expected, got {1, 77, 768})")
    #expect(
      bench.failure("linalg.solve(x, x)") == "bad argument #1 to 'solve' (square matrix expected, got {3, 2})"
    )
    #expect(bench.failure("linalg.svd(t{ {0/0} })").contains("infinity or NaN"))
    #expect(bench.failure("linalg.svd(t.ones{2, 2}, { ful = true })").contains("did you mean 'full'?"))
    #expect(bench.failure("linalg.solve(t.zeros{2, 2}, t{1, 2})").contains("singular"))
  }

  @Test func images() throws {
    let bench = try Bench()
    try bench.run("img = image.new(t.rand({8, 6, 3}, { seed = 1 }))")
    #expect(try bench.text("img") == "image 6 × 8")
    #expect(try bench.holds("img:size(1) == 8 and img.width == 6 and img:size()[3] == 3"))
    #expect(try bench.holds("img:resize(16, 12, 'nearest').height == 16"))
    #expect(try bench.sizes("image.grid({ img, img, img }, { columns = 3, spacing = 2 })") == [8, 22, 4])
    #expect(try bench.sizes("t.rand{2, 2}:overlay(img, { alpha = 0.5, colors = 'magma' })") == [8, 6, 3])
    #expect(try bench.sizes("t.rand{2, 2}:overlay(img:tensor())") == [8, 6, 3])
    #expect(try bench.sizes("image.color_map(t.rand{2, 2}, { range = {0, 1} })") == [2, 2, 3])
    try withTemporaryFolder { folder in
      try bench.run("img:save('\(folder)/x.png') y = image.open('\(folder)/x.png')")
      #expect(try bench.holds("(y:tensor() - img:tensor()):abs():max() <= 0.5 / 255 + 1e-6"))
      #expect(bench.failure("img:save('\(folder)/no/x.png')").contains("No such file"))
      try bench.run("os.remove('\(folder)/x.png')")
    }
    #expect(try bench.holds("image.open('/nowhere.png') == nil"))
    #expect(try bench.text("select(2, image.open('/nowhere.png'))").contains("/nowhere.png: No such file"))
    #expect(try bench.holds("img:mimebundle()['image/png']:sub(2, 4) == 'PNG'"))
    #expect(bench.failure("image.new(t.ones{2, 2, 7})").contains("bad argument #1 to 'new' (an image is"))
    #expect(bench.failure("image.open(1)").contains("string expected"))
    #expect(bench.failure("image.grid({})").contains("at least one image"))
    #expect(bench.failure("image.grid({ img }, { columns = 0 })").contains("option 'columns'"))
    #expect(bench.failure("image.grid({ img }, { spacing = math.maxinteger })").contains("spacing"))
    #expect(bench.failure("image.grid({ img, 1 })").contains("at [2]"))
    #expect(
      bench.failure("t.rand{2, 2}:overlay(img, { colors = 'rainbow' })").contains("no colour map 'rainbow'"))
    #expect(bench.failure("t.rand{2, 2}:overlay(img, { alpha = 0/0 })").contains("option 'alpha'"))
    #expect(bench.failure("t.rand{2, 2}:overlay(img, { range = {1, 1} })").contains("low < high"))
    #expect(bench.failure("t.rand{2, 2}:overlay(img, { range = {1, 1 + 1e-12} })") == "(no error)")
    #expect(bench.failure("t.rand{2}:overlay(img)").contains("heat map {height, width} expected, got {2}"))
    #expect(bench.failure("img:resize(0, 1)").contains("bad argument #1 to 'resize'"))
    #expect(bench.failure("img:resize(1 << 40, 1 << 40)").contains("out of memory"))
  }

  @Test func metrics() throws {
    let bench = try Bench()
    try bench.run("m, a = lunette.metrics, t.rand({8, 8, 3}, { seed = 1 })")
    #expect(try bench.number("m.psnr(a, image.new(a))") == .infinity)
    #expect(abs(try bench.number("m.psnr(t{0, 0}, t{0.1, 0.1})") - 20) < 1e-4)
    #expect(try bench.number("m.ssim(a, a)") == 1)
    #expect(try bench.number("m.iou(t{1, 1, 0}, t{0, 1, 1})") == 1.0 / 3)
    #expect(try bench.number("m.cosine(t{1, 0}, t{0, 2})") == 0)
    #expect(try bench.number("m.mse(t{1, 0}, t{0, 2})") == 2.5)
    #expect(bench.failure("m.clip_score(a, 'a cat')").contains("option 'clip': clip expected"))
    #expect(abs(try bench.number("m.cosine(t{1, 2}, t{2, 4})") - 1) < 1e-12)
    #expect(try bench.number("m.cosine(t{0, 0}, t{2, 4})") == 0)
    #expect(
      bench.failure("m.psnr(t{1}, t{1, 2})") == "bad argument #2 to 'psnr' (shape {1} expected, got {2})")
    #expect(bench.failure("m.psnr(t{1}, 5)").contains("tensor or image expected, got 5"))
    #expect(bench.failure("m.psnr(t{1}, t{2}, { range = -1 })").contains("option 'range'"))
    #expect(bench.failure("m.cosine(t{}, t{})").contains("not empty"))
  }

  @Test func plots() throws {
    let bench = try Bench()
    try bench.run("p = lunette.plot")
    let plots = [
      "line{ x = {1, 2}, y = t{3, 4}, low = {2, 3}, high = {4, 5}, title = 'a' }",
      "line{ y = {1, t(2), 0/0} }",
      "line{ x = {1, 2}, series = { { y = {1, 2}, label = 'a' }, { y = {2, 1}, label = 'b' } } }",
      "scatter{ x = t.rand{9}, y = t.rand{9} }", "bar{ x = {'a', 'b'}, y = {1, 2}, y_label = 'n' }",
      "bar{ y = {1, 2} }", "hist{ x = t.randn{100}, bins = 10 }",
      "hist{ series = { { x = t.randn{9} }, { x = t.randn{9} } } }",
      "heatmap{ z = t.rand{4, 5}, title = 'z' }",
      "heatmap{ z = { {1, 2}, {3, 4} }, values = true, x = {'a', 'b'}, y = {1, 2} }",
    ]
    for plot in plots {
      #expect(try bench.holds("p.\(plot):mimebundle()['image/svg+xml']:sub(1, 4) == '<svg'"), "\(plot)")
    }
    #expect(try bench.text("p.line{ y = {1}, title = 'loss' }") == "plot 'loss'")
    try withTemporaryFolder { folder in
      try bench.run("p.line{ y = {1, 2} }:save('\(folder)/x.svg')")
      #expect(try bench.holds("io.open('\(folder)/x.svg'):read(4) == '<svg'"))
      try bench.run("os.remove('\(folder)/x.svg')")
      try bench.run("p.line{ y = {1, 2}, width = 100, height = 80 }:save('\(folder)/x.png')")
      #expect(try bench.holds("lunette.image.open('\(folder)/x.png'):size(1) == 160"))
      try bench.run("os.remove('\(folder)/x.png')")
    }
    #expect(
      bench.failure("p.line{ x = {1}, y = {1, 2} }").contains(
        "option 'y': 1 numbers expected, as in x, got 2"))
    #expect(bench.failure("p.line{ x = {1, 2} }").contains("option 'y': list of numbers or tensor expected"))
    #expect(bench.failure("p.line()").contains("table expected"))
    #expect(bench.failure("p.line{ y = {1}, titel = 'a' }").contains("did you mean 'title'?"))
    #expect(bench.failure("p.line{ y = {1}, high = {2} }").contains("only together with 'low'"))
    #expect(
      bench.failure("p.line{ series = { { y = {1} }, { z = 1 } } }").contains("unknown option 'series[2].z'"))
    #expect(bench.failure("p.line{ series = {} }").contains("at least one layer"))
    #expect(bench.failure("p.bar{ x = {'a'}, y = {1, 2} }").contains("2 names expected, got 1"))
    #expect(bench.failure("p.hist{ x = {1}, bins = 0 }").contains("bins"))
    #expect(bench.failure("p.hist{ x = {1}, bins = math.maxinteger }").contains("bins"))
    #expect(bench.failure("p.heatmap{ z = t{1} }").contains("2-d tensor with elements expected, got {1}"))
    #expect(bench.failure("p.heatmap{ z = { {1}, {} } }").contains("option 'z'"))
    #expect(bench.failure("p.line{ y = {1}, width = 1e300 }").contains("pixels"))
    #expect(bench.failure("p.line{ y = {1}, width = 0/0 }").contains("pixels"))
    #expect(bench.failure("p.line{ y = {1}, y_range = {2, 1} }").contains("option 'y_range'"))
    #expect(bench.failure("p.line{ y = {1e308, -1e308}, x = {1, 1/0} }") == "(no error)")
    #expect(
      bench.failure("p.line{ y = {} } p.bar{ y = {} } p.scatter{ y = {} } p.hist{ x = {} }") == "(no error)")
    #expect(bench.failure("p.line{ y = {0, -1}, y_log = true }") == "(no error)")
  }

  @Test func tables() throws {
    let bench = try Bench()
    try bench.run("rows = { { word = 'cat', mass = 0.5 }, { word = 'dog', mass = t(0.25), n = 3 } }")
    #expect(try bench.text("lunette.table(rows):csv()") == "mass,n,word\n0.5,,cat\n0.25,3,dog\n")
    #expect(
      try bench.text("lunette.table(rows, { columns = {'word', 'mass'} }):csv()")
        == "word,mass\ncat,0.5\ndog,0.25\n")
    #expect(try bench.text("lunette.table({ {1, 2}, {3} }):csv()") == "1,2\n1,2\n3,\n")
    #expect(try bench.text("lunette.table(rows):json()").contains("\"word\": \"cat\""))
    #expect(try bench.holds("#lunette.table(rows) == 2"))
    #expect(try bench.holds("lunette.table(rows):mimebundle()['text/html']:find('<table') ~= nil"))
    #expect(try bench.text("lunette.table({}):csv()") == "\n")
    #expect(bench.failure("lunette.table({ 1 })").contains("row expected, got 1 at [1]"))
    #expect(bench.failure("lunette.table(rows, { colums = {} })").contains("did you mean 'columns'?"))
    #expect(
      bench.failure("lunette.table(rows):csv('/nowhere/x.csv')").contains("/nowhere/x.csv: No such file"))
  }

  @Test func clock() throws {
    let bench = try Bench()
    #expect(try bench.holds("lunette.clock() <= lunette.clock()"))
  }
}
