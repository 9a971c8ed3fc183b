import Testing

@testable import Scripting

@Suite struct CompletionTests {
  private func complete(_ text: String, after setup: String = "") throws -> [String] {
    let session = try Session()
    session.run("local t, linalg = lunette.tensor, lunette.linalg\nlocal x = t{1, 2}\n" + setup)
    return session.complete(text, at: text.utf8.count).candidates
  }

  @Test func names() throws {
    #expect(try complete("lun") == ["lunette"])
    #expect(try complete("print(li") == ["linalg"])
    #expect(try complete("y = ret") == ["return"])
    #expect(try complete("local answer = 1\nprint(answ", after: "local answer = 42") == ["answer"])
  }

  @Test func fields() throws {
    #expect(try complete("lunette.linalg.s") == ["solve", "sqrtm", "svd"])
    #expect(try complete("linalg.l") == ["lstsq"])
    #expect(try complete("d.a.b") == [])
    #expect(try complete("d.list[1].", after: "d = {list = {{one = 1, two = 2}}}") == ["one", "two"])
    #expect(try complete("o:g", after: "o = setmetatable({}, {__index = {go = print, gone = 1}})") == ["go"])
    #expect(
      try complete("o.g", after: "o = setmetatable({}, {__index = {go = print, gone = 1}})") == [
        "go", "gone",
      ])
  }

  @Test func stringsThatAreKnown() throws {
    let model = "local model = assert(lunette.load('\(ModelBindingTests.goldens)/tiny-sd1'))"
    #expect(try complete("model:generate{ scheduler = \"dpmsolver++-") == ["dpmsolver++-singlestep"])
    #expect(try complete("model:generate{ scheduler = { name = 'eu") == ["euler", "euler_ancestral"])
    #expect(try complete("model:scheduler{ name = 'her", after: model) == [])
    #expect(try complete("model:scheduler{ name = 'heu", after: model) == ["heun"])
    #expect(try complete("lunette.plot.heatmap{ z = x, colors = \"vir") == ["viridis"])
    #expect(try complete("require \"da") == ["daam"] && complete("require('lun") == ["lunette"])
    #expect(try complete("model:sites(\"unet.mid", after: model) == ["unet.mid_block", "unet.mid_block."])
    #expect(try complete("model:generate{ record = { \"unet.out\", \"unet.ou", after: model) == ["unet.out"])
    #expect(try complete("model:generate{ hooks = { { \"unet.conv_i", after: model) == ["unet.conv_in"])
    #expect(
      try complete("model:generate{ patch = { { sites = \"unet.mid_block.att", after: model) == [
        "unet.mid_block.attentions."
      ])
  }

  @Test func unknownNamesAreNamed() throws {
    let session = try Session()
    session.run("local model = 1\nwidth = 2\nlocal nothing")
    #expect(session.unknownName(in: "modle") == "there is no variable 'modle'; did you mean 'model'?")
    #expect(session.unknownName(in: "modle.x.y")?.hasPrefix("there is no variable 'modle'") == true)
    for known in [
      "model", "width", "nothing", "lunette.tensor", "lunette.nothing", "modle = 1", "modle()", "return",
      "nil", "'x'", "-modle",
    ] {
      #expect(session.unknownName(in: known) == nil, "\(known)")
    }
  }

  @Test func variablesAreDescribed() throws {
    let session = try Session()
    session.run(
      "local x, n, s, l = lunette.tensor.zeros{2, 3}, 1.5, 'a\\nb', { 1, 2 }\nlocal f = lunette.load\nlocal none"
    )
    #expect(
      session.describedVariables.map { "\($0.name) \($0.type) \($0.value)" } == [
        "f function load(name?, {\(CheckpointArguments.keys.joined(separator: ", "))})",
        "l table 2 items", "n number 1.5", "s string \"a…\"", "x tensor {2, 3}",
      ])
  }

  @Test func methodsOfUserdata() throws {
    #expect(try complete("x:cum") == ["cumsum"])
    #expect(try complete("y = x:view{2}\nx:index_") == ["index_copy_", "index_select"])
    #expect(try complete("s:up", after: "s = 'text'") == ["upper"])
  }

  @Test func optionsOfTheFunctionThatIsCalled() throws {
    #expect(try complete("linalg.svd(x, { f") == ["full = "])
    #expect(try complete("x:sum(1, {") == ["keepdim = "])
    #expect(try complete("lunette.plot.line{ x = {1}, x_") == ["x_label = ", "x_log = ", "x_range = "])
    #expect(try complete("linalg.svd(x, { full = tru") == ["true"])
  }

  @Test func nothingRuns() throws {
    let setup = "n = 0\no = setmetatable({}, {__index = function() n = n + 1 end})"
    #expect(try complete("o.a.b", after: setup) == [])
    let session = try Session()
    session.run(setup)
    _ = session.complete("o.a.b", at: 5)
    #expect(session.run("n") == [.result(.init(plain: "0"))])
  }

  @Test func files() throws {
    try withTemporaryFolder { folder in
      _ = try Session().run("io.open('\(folder)/cat.png', 'w'):close()")
      #expect(try complete("image.open('\(folder)/c") == ["cat.png"])
      #expect(try complete("image.open('\(folder)/cat.png')") == [])
    }
    #expect(try complete("-- lun") == [])
  }

  @Test func rangesAreInBytes() throws {
    let session = try Session()
    #expect(session.complete("é = lunet", at: 10).range == 5..<10)
    #expect(session.complete("lunet", at: 99).candidates == ["lunette"])
  }
}
