import ArgumentParser
import PluginPackages
import Prompt
import Scripting

struct PluginNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Writes a small working plugin, with its tests, to begin with.")

  @Argument(help: ArgumentHelp("What scripts will require it as.", valueName: "name"))
  var name: String

  @Flag(help: "Also write extensions.lua, with one of each kind of thing that a plugin adds to the program.")
  var extensions = false

  func run() throws {
    try reporting {
      guard PluginName.isValid(name) else {
        throw CommandError(
          "'\(name)' cannot be the name of a plugin: small letters, digits, '-' and '_' expected")
      }
      guard !PluginName.isReserved(name) else { throw CommandError("'\(name)' is taken") }
      guard !Disk.exists(name) else { throw CommandError("\(name): File exists") }
      for (path, text) in PluginSkeleton.files(name, withExtensions: extensions) {
        let file = "\(name)/\(path)"
        try Disk.makeFolder(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
        try Disk.writeFile(Array(text.utf8), to: file)
      }
      Terminal.print("\(name)/: try lunette plugin test \(name), then edit \(name)/init.lua\n")
    }
  }
}

/// What a new plugin begins with: a measure on tensors, its tests, an example.
enum PluginSkeleton {
  static func files(_ name: String, withExtensions: Bool = false) -> [(path: String, text: String)] {
    var parts = [
      ("NAME-0.1-1.rockspec", rockspec(withExtensions: withExtensions)), ("init.lua", module),
      ("health.lua", health), ("tests/NAME_test.lua", test), ("examples/NAME.lua", example),
      ("README.md", readme), ("CHANGELOG.md", changelog), ("LICENSE", license),
    ]
    if withExtensions {
      parts += [("extensions.lua", extensions), ("tests/extensions_test.lua", extensionsTest)]
    }
    // A name with a dash cannot be the name of a variable.
    let variable = name.replacing("-", with: "_")
    return parts.map { path, text in
      (
        path.replacing("NAME", with: name),
        text.replacing("VARIABLE", with: variable).replacing("NAME", with: name)
      )
    }
  }

  private static func rockspec(withExtensions: Bool) -> String {
    let extensions = withExtensions ? #"["NAME.extensions"] = "extensions.lua", "# : ""
    return """
      rockspec_format = "3.0"
      package = "NAME"
      version = "0.1-1"
      source = { url = "git+https://example.org/NAME.git", tag = "v0.1" }
      description = {
        summary = "How concentrated a map is",
        license = "MIT",
        labels = { "lunette" },
      }
      dependencies = { "lua >= 5.4" }
      build = {
        type = "builtin",
        modules = { ["NAME"] = "init.lua", \(extensions)["NAME.health"] = "health.lua" },
        copy_directories = { "tests", "examples" },
      }

      """
  }

  private static let module = """
    -- How concentrated a map is: the share of its mass in the brightest part of its area.
    local lunette = require "lunette"

    local VARIABLE = {}

    --- The share of the mass of a map that lies in its brightest elements.
    -- @param map a tensor without negative elements
    -- @param opts area: the part of the elements that counts as bright, 0.1
    -- @return a number from 0 to 1: 1 where all mass is bright
    function VARIABLE.concentration(map, opts)
      if type(map) ~= "userdata" then
        lunette.argument_error(1, "concentration", ("tensor expected, got %s"):format(type(map)))
      end
      local area = opts and opts.area or 0.1
      local values = map:contiguous():view{ -1 }
      local bright = math.max(1, math.floor(values:size(1) * area + 0.5))
      return (values:topk(bright):sum() / values:sum()):item()
    end

    return VARIABLE

    """

  private static let extensions = #"""
    -- What the plugin adds to the program. Nothing of it runs until somebody asks for one by its full name.
    local lunette = require "lunette"
    local VARIABLE = require "NAME"

    return {
      -- lunette NAME noise; what a command displays goes into lunette-out/NAME-noise, with a report
      commands = {
        noise = {
          summary = "Says how concentrated noise is: lunette NAME noise [SEED]",
          run = function(arguments)
            local seed = math.tointeger(tonumber(arguments[1] or "7"))
            if not seed then error(("a seed expected, got '%s'"):format(arguments[1]), 0) end
            local noise = lunette.tensor.randn({ 64, 64 }, { seed = seed }):abs()
            lunette.display(lunette.image.color_map(noise, { colors = "NAME.night" }), { caption = "noise" })
            print(VARIABLE.concentration(noise))
          end,
        },
      },
      -- lunette.metrics["NAME.concentration"](map)
      metrics = { concentration = VARIABLE.concentration },
      -- lunette.image.color_map(map, { colors = "NAME.night" }), heat:overlay(image, { colors = "NAME.night" })
      color_maps = { night = { { 0, 0, 0.2 }, { 0.3, 0.2, 0.6 }, { 1, 1, 0.8 } } },
      -- At the prompt: :NAME.share, and :share where no other plugin has one
      repl_commands = {
        share = {
          summary = "Says how concentrated the noise of a seed is",
          run = function(text)
            return VARIABLE.concentration(lunette.tensor.randn({ 64, 64 }, { seed = tonumber(text) or 7 }):abs())
          end,
        },
      },
      -- Tables that this plugin knows how to show; nil leaves others to other plugins.
      displays = {
        function(value)
          if value.concentration then return { ["text/plain"] = ("%.1f %% bright"):format(100 * value.concentration) } end
        end,
      },
      -- model:generate{ scheduler = "NAME.plain" }: DDIM, written out (Song et al. 2021, equation 12)
      schedulers = {
        plain = function(setup)
          local alphas = setup.alphas_cumprod
          local stride = alphas:numel() // setup.steps
          local times = {}
          for i = 1, setup.steps do times[i] = (setup.steps - i) * stride + 1 end
          return {
            timesteps = times,
            step = function(_, noise, i, sample)
              local now = alphas[times[i] + 1]:item()
              local after = alphas[math.max(times[i] - stride, 0) + 1]:item()
              local clean = (sample - noise * math.sqrt(1 - now)) / math.sqrt(now)
              return clean * math.sqrt(after) + noise * math.sqrt(1 - after)
            end,
          }
        end,
      },
      -- What studies ask of a model, for a plugin that carries one in its folder model: lunette.extension("models", "NAME.judge")
      models = {
        judge = function()
          -- What is in a picture, a list of { noun =, confidence = … }
          return function(picture)
            local pixels = lunette.image.new(picture):tensor()
            return { { noun = "light", confidence = VARIABLE.concentration(pixels) } }
          end
        end,
      },
    }

    """#

  private static let extensionsTest = #"""
    local lunette = require "lunette"
    local test = require "lunette.test"

    test.case("the metric is there under its full name", function()
      test.near(lunette.metrics["NAME.concentration"](lunette.tensor.ones{ 10, 10 }), 0.1)
    end)

    test.case("the color map begins and ends as it should", function()
      local map = lunette.image.color_map(lunette.tensor{ { 0, 1 } }, { colors = "NAME.night" }):tensor()
      test.near(map[{ 1, 1 }], { 0, 0, 0.2 })
      test.near(map[{ 1, 2 }], { 1, 1, 0.8 })
    end)

    test.case("the prompt's command says a share", function()
      local share = lunette.extension("repl_commands", "NAME.share").run("3")
      assert(share > 0.1 and share < 1)
    end)

    test.case("the scheduler walks down to the picture", function()
      local alphas = lunette.tensor.linspace(0.99, 0.01, 1000)
      local plain = lunette.extension("schedulers", "NAME.plain"){ steps = 4, alphas_cumprod = alphas }
      test.same(plain.timesteps, { 751, 501, 251, 1 })
      -- Of a sample without noise a step keeps the picture.
      local x = lunette.tensor.ones{ 1, 1, 1, 1 } * math.sqrt(alphas[2]:item())
      test.near(plain:step(lunette.tensor.zeros{ 1, 1, 1, 1 }, 4, x):item(), math.sqrt(alphas[1]:item()))
    end)

    test.case("the judge finds light", function()
      local judge = lunette.extension("models", "NAME.judge")()
      local found = judge(lunette.tensor.ones{ 10, 10, 1 })
      test.same(found[1].noun, "light")
      test.near(found[1].confidence, 0.1)
    end)

    test.case("a seed that is not a number is refused", function()
      test.fails("a seed expected, got 'x'", lunette.extension("commands", "NAME.noise").run, { "x" })
    end)

    """#

  private static let health = """
    -- Whether the plugin works with a model: `lunette plugin check` asks.
    local health = {}

    --- @return true, or nil and what is wrong
    function health.check(model)
      local VARIABLE = require "NAME"
      local share = VARIABLE.concentration(model:noise{ seed = 1 }:abs())
      if share > 0 and share < 1 then return true end
      return nil, ("noise has a concentration of %g"):format(share)
    end

    return health

    """

  private static let test = """
    local lunette = require "lunette"
    local VARIABLE = require "NAME"
    local test = require "lunette.test"
    local t = lunette.tensor

    test.case("a flat map spreads its mass evenly", function()
      test.near(VARIABLE.concentration(t.ones{ 10, 10 }), 0.1)
    end)

    test.case("one bright element has it all", function()
      local map = t.zeros{ 10, 10 }
      map[{ 3, 4 }] = 5
      test.near(VARIABLE.concentration(map, { area = 0.01 }), 1)
    end)

    test.case("what is not a tensor is the caller's mistake", function()
      test.fails("bad argument #1 to 'concentration' (tensor expected, got nil)", VARIABLE.concentration)
    end)

    """

  private static let example = """
    -- %% [markdown]
    -- # NAME: how concentrated is noise?

    -- %%
    local VARIABLE = require "NAME"
    local model = assert(lunette.load())
    local noise = model:noise{ seed = 7 }:abs()
    lunette.display(lunette.table({ { area = 0.1, share = VARIABLE.concentration(noise) } }))

    """

  private static let readme = """
    # NAME

    How concentrated a map is: `VARIABLE.concentration(map, { area = 0.1 })` is the share of a map's mass that lies in its
    brightest elements.

    ```lua
    local VARIABLE = require "NAME"
    print(VARIABLE.concentration(map))
    ```

    `lunette plugin test`, `lunette plugin check`, `lunette plugin pack`.

    """

  private static let changelog = """
    # Changelog

    ## 0.1
    - The first version.

    """

  private static let license = """
    MIT License

    Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
    files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
    modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
    is furnished to do so, subject to the following conditions:

    The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
    OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
    LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
    CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

    """
}
