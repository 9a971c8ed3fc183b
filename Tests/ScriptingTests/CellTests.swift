import Notebook
import Testing

@testable import Lua
@testable import Scripting

/// Runs cells one after the other and gives what they printed, errors and values in their places.
func transcript(_ cells: [String]) throws -> String {
  let session = try Session()
  var firstLine = 1
  var text = ""
  for cell in cells {
    for output in session.run(cell, name: "script.lua", firstLine: firstLine) {
      switch output {
      case .stream(_, let printed): text += printed
      case .result(let bundle, _), .display(let bundle, _): text += "=> \(bundle.plainText ?? "")\n"
      case .error(let failure): text += "!! \(failure.message)\n"
      case .other: break
      }
    }
    firstLine += cell.split(separator: "\n", omittingEmptySubsequences: false).count
  }
  return text
}

/// What the cells print as one plain chunk of Lua.
func plain(_ cells: [String]) throws -> String {
  let lua = try LuaState()
  var text = ""
  try lua.globals.set(
    "print",
    try lua.function("print(...)") { call in
      text += try (0..<call.count).map { try call.slot($0 + 1).tostring() }.joined(separator: "\t") + "\n"
    })
  do { try lua.load(cells.joined(separator: "\n"), name: "script.lua").call() } catch {
    text += "!! \(error)\n"
  }
  return text
}

@Suite struct CellTests {
  static let scripts: [[String]] = [
    ["local x = 1", "print(x) x = 2", "print(x)"],
    [
      "local x = 1\nlocal function get() return x end", "x = 5 print(get())",
      "local x = 7 print(x, get()) x = 8", "print(x, get())",
    ],
    ["local x = 1 local x = x + 1 local x = x * 10 print(x)"],
    ["local f\nlocal x = 1 f = function() x = x + 1 return x end local x = 'new' print(f(), f(), x)"],
    ["local a, b, c = 1, 2 print(a, b, c)", "a, b = b, a", "print(a, b, c)"],
    ["local a, a = 1, 2 print(a)"],
    ["local function fact(n) return n < 2 and 1 or n * fact(n - 1) end print(fact(10))", "print(fact(5))"],
    ["local function even(n) end", "local t = {even = 1, [2] = even, even} print(t.even, t[2] == t[1], #t)"],
    ["x = 1 local x = 2 print(x, _G.x, _ENV.x)", "do local x = 3 print(x) end print(x)"],
    ["local i = 'outer' for i = 1, 2 do local j = i * 2 print(i, j) end print(i, j)"],
    ["local k, v = 'k', 'v' for k, v in ipairs({k, v}) do print(k, v) end print(k, v)"],
    ["local n = 0 repeat local done = n > 3 n = n + 1 until done print(n)"],
    ["local n = 0 while n < 3 do local n2 = n n = n + 1 if n2 == 1 then break end end print(n)"],
    [
      "local s = {} function s.f(x) return x end function s:g(x) return self == s, x end print(s.f(1), s:g(2))",
      "print(s:g(3))",
    ],
    [
      "local function va(...) local a, b = ... return select('#', ...), a, b end print(va(1, nil, 3))",
      "print(...)",
    ],
    ["local x <const> = 5 print(x + x)", "print(x)"],
    ["local x <const> = 5", "local x = 6 x = 7 print(x)"],
    ["for i = 1, 3 do for j = 1, 3 do if j == 2 then goto continue end print(i, j) ::continue:: end end"],
    ["local n = 0 ::top:: n = n + 1 if n < 3 then goto top end print(n)"],
    [
      "local fs, n = {}, 0\n::top::\nlocal mine = n\nn = n + 1\nfs[n] = function() mine = mine + 1 return mine end\nif n < 3 then goto top end\nprint(fs[1](), fs[2](), fs[3](), fs[1](), mine)",
      "mine = 100 print(fs[3](), fs[2]())",
    ],
    ["local t = setmetatable({}, {__index = function(_, k) return k .. '!' end}) print(t.x, t['y'], #[[z]])"],
    ["local s = 'a' print(s:upper(), ('b'):upper(), #s, -#s, not s, 2^3^2, 1 .. 2)"],
    ["local f = print f 'text' f [==[long]==]"],
    ["local a = {b = {c = 1}} a.b.c, a.d = 2, 3 print(a.b.c, a.d)", "a.b.c = a.b.c + 1 print(a.b.c)"],
    ["-- comment local y = 1\nlocal x = [[ local z = 2 ]] print(x, y, z) --[[ local w ]] print(w)"],
    ["local self = 3 print(self)", "local o = {} function o:m() return self end print(o:m() == o, self)"],
    ["local x = 1; local function f() local x = x; x = x + 1; return x end; print(f(), f(), x)"],
    ["local x", "print(x)", "x = 3", "print(x)"],
    [
      "local log = {}\ndo local c <close> = setmetatable({}, {__close = function() log[#log + 1] = 'closed' end}) log[#log + 1] = 'in' end\nprint(table.concat(log, ','))"
    ],
    ["local _ENV = {print = print} y = 3 print(y, _ENV.y)"],
    ["local function f() return _ENV end print(f() == _G)"],
    ["local x = 3 return x", ""],
    ["goto done print('skipped') ::done::"],
    [
      "local e = select(2, pcall(error, 'plain')) print(e) print(select(2, pcall(function() error('at') end)))"
    ],
    ["local x = 1\n\n\nerror('line ' .. x)"],
    ["local x = 1", "", "local y = nil + x"],
    ["local a <const>, b = 1, 2", "b = a + b print(a, b)"],
    ["print(1)", "local arg = 2 print(arg)"],
    ["if true then local x = 1 print(x) elseif x then print(x) else local y = x print(y) end print(x)"],
    ["local x = {f = function(...) return ... end} print((x.f(1, 2)), x.f(3, 4))"],
    [
      "local x = 1 local y = function() return function() x = x + 1 return x end end print(y()(), y()())",
      "print(x)",
    ],
    ["local x = 10 // 3 | 4 & ~1 ~ 2 << 1 >> 1 print(x, 7 // 2, 1 ~= 2, 1 == 1, 'a' < 'b')"],
  ]

  @Test(arguments: scripts)
  func cellsAreOnePlainChunk(_ cells: [String]) throws {
    let expected = try plain(cells)
    #expect(try transcript(cells).replacing(/=> .*\n/, with: "") == expected)
    #expect(try transcript([cells.joined(separator: "\n")]).replacing(/=> .*\n/, with: "") == expected)
  }

  @Test func theLastExpressionIsTheValue() throws {
    #expect(try transcript(["1 + 1"]) == "=> 2\n")
    #expect(try transcript(["local x = 3\nx"]) == "=> 3\n")
    #expect(try transcript(["local x = 3\nx * 2, -x"]) == "=> 6\n=> -3\n")
    #expect(try transcript(["math.max(1, 2)"]) == "=> 2\n")
    #expect(try transcript(["math.max(1, 2);"]) == "")
    #expect(try transcript(["3;"]) == "")
    #expect(try transcript(["local x = 1 x = 2"]) == "")
    #expect(try transcript(["{1, a = {b = 'c'}, 'x'}"]) == "=> { 1, \"x\", a = { b = \"c\" } }\n")
    #expect(try transcript(["local t = {} t.t = t\nt"]).hasPrefix("=> { t = { t = "))
    #expect(try transcript(["'a' .. 'b'"]) == "=> ab\n")
    #expect(try transcript(["function(x) return x end"]).hasPrefix("=> function: "))
    #expect(try transcript(["#{1, 2} == 2 and not nil"]) == "=> true\n")
    #expect(try transcript(["print(1)"]) == "1\n")
    #expect(try transcript(["local x = 1\nreturn x, 2"]) == "=> 1\n=> 2\n")
    #expect(try transcript(["..."]) == "")
  }

  @Test func thereIsNoLimitOf200() throws {
    let many =
      (1...1000).map { "local v\($0) = \($0)" }.joined(separator: "\n") + "\nprint(v1 + v500 + v1000)"
    #expect(try transcript([many, "print(v77)"]) == "1501\n77\n")
    let cells = (1...300).map { "local w\($0) = \($0)" }
    let sum = (1...300).map { "w\($0)" }.joined(separator: "+")
    #expect(
      try transcript(cells + ["print(\(sum))", "local f = function() w1 = 1000 end f()", "print(w1)"])
        == "45150\n1000\n")
    let again = (1...300).map { _ in "local x = (x or 0) + 1" }
    #expect(try transcript(again + ["print(x)"]) == "300\n")
  }

  @Test func constantsStayConstant() throws {
    #expect(
      try transcript(["local x <const> = 1", "x = 2"])
        == "!! script.lua:2: attempt to assign to const variable 'x'\n")
    #expect(
      try transcript(["local x <const> = 1\nfunction f() x = 2 end"])
        == "!! script.lua:2: attempt to assign to const variable 'x'\n")
    #expect(try transcript(["local x <const> = 1", "function x() end"]).hasSuffix("const variable 'x'\n"))
    #expect(try transcript(["local x <const> = 1", "do local x = 2 x = 3 print(x) end"]) == "3\n")
    #expect(try transcript(["local x <constant> = 1"]) == "!! script.lua:1: unknown attribute 'constant'\n")
  }

  @Test func closesAtTheEndOfItsCell() throws {
    let open = """
      local function watch(name) return setmetatable({name = name}, {__close = function() print('close ' .. name) end}) end
      local a <const>, c <close>, b = 1, watch('c'), 3
      local d <close> = watch('d')
      print(a, c.name, b, d.name)
      b = 4
      """
    #expect(try transcript([open, "print(a, b, c.name)"]) == "1\tc\t3\td\nclose d\nclose c\n1\t4\tc\n")
    #expect(try transcript(["local c <close> = 3"]).contains("variable 'c' got a non-closable value"))
  }

  @Test func errorsCountTheScriptsLines() throws {
    let session = try Session()
    _ = session.run("local function deep(x)\n  return x.y.z\nend", name: "s.lua", firstLine: 10)
    guard
      case .error(let failure)? = session.run(
        "\nlocal t = {}\ndeep(t)\nprint()", name: "s.lua", firstLine: 20
      ).last
    else { throw Problem("no error") }
    #expect(failure.message.hasPrefix("s.lua:11: attempt to index a nil value (field 'y')"))
    #expect(failure.line == 11)
    #expect(failure.traceback.map { $0 } == ["s.lua:11: in function 'deep'", "s.lua:22: in main chunk"])
    for (source, message) in [
      ("x = = 1", "s.lua:5: unexpected symbol near '='"), ("x = 'a", "s.lua:5: unfinished string near <eof>"),
      ("break", "s.lua:5: break outside loop at line 5"),
      ("goto nowhere", "s.lua:5: no visible label 'nowhere' for <goto> at line 5"),
      ("1 = 2", "s.lua:5: unexpected symbol near '1'"), ("f() = 1", "s.lua:5: syntax error near '='"),
      ("x y", "s.lua:5: syntax error near 'y'"),
      ("local 3", "s.lua:5: <name> expected near '3'"), ("\\", "s.lua:5: unexpected symbol near '\\'"),
      ("for i = 1 do end", "s.lua:5: ',' expected near 'do'"),
      ("return 1 print(2)", "s.lua:5: <eof> expected near 'print'"),
    ] {
      guard case .error(let failure)? = session.run(source, name: "s.lua", firstLine: 5).last else {
        throw Problem(source)
      }
      #expect(failure.name == "syntax")
      #expect(failure.message == message)
      #expect(failure.line == 5)
    }
    #expect(session.run(String(repeating: "(", count: 100_000)).count == 1)
    #expect(session.run("x = " + String(repeating: "{", count: 100_000)).count == 1)
    #expect(session.run(String(repeating: "do ", count: 100_000)).count == 1)
  }

  @Test func aFailedCellKeepsWhatItDeclared() throws {
    #expect(
      try transcript(["local x = 1", "local y = 2 error('stop') local x = 3", "print(x, y)"])
        == "!! script.lua:2: stop\n1\t2\n")
  }

  @Test func incompleteInputIsKnown() throws {
    let session = try Session()
    for text in [
      "for i = 1, 2 do", "local x =", "f(", "x = {1,", "1 +", "local y = 3\ny *", "[[", "if x then",
      "function f()",
    ] {
      #expect(session.isIncomplete(text), "\(text)")
    }
    for text in ["x = 1", "1 + 1", ")", "x = = 2", "", "end", "f()"] {
      #expect(!session.isIncomplete(text), "\(text)")
    }
  }
}

struct Problem: Error {
  let text: String
  init(_ text: String) { self.text = text }
}
