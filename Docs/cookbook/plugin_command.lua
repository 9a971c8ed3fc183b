-- %% [markdown]
-- # A plugin with a command
--
-- A measure that proved itself in a notebook becomes a plugin, so that others can `require` it, and a command, so that they need
-- not write Lua: `lunette contrasts sheet "a cat" 8` draws eight seeds and lays them out by contrast.
--
-- `lunette plugin new NAME --extensions` writes such a folder with each kind of extension in it; here are its smallest parts, one
-- by one ([plugins](../plugins.md)).

-- %% tags=["parameters"]
local steps = 20
local count = 6
local prompt = "a cat and a pistol"

-- %%
local lunette = require "lunette"
local folder = (lunette.output_folder() or os.tmpname() .. ".d") .. "/contrasts"
local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
end
assert(os.execute(("mkdir -p '%s/tests'"):format(folder)))

-- %% [markdown]
-- ## The manifest
--
-- What it is called, which modules it has, and what it asks for. `lunette` among the labels says that it is a plugin.

-- %%
write("contrasts-0.1-1.rockspec", [[
rockspec_format = "3.0"
package = "contrasts"
version = "0.1-1"
source = { url = "git+https://example.org/contrasts.git", tag = "v0.1" }
description = { summary = "Which seeds draw strong contrasts", license = "MIT", labels = { "lunette" } }
dependencies = { "lua >= 5.4" }
build = {
  type = "builtin",
  modules = { contrasts = "init.lua", ["contrasts.extensions"] = "extensions.lua" },
  copy_directories = { "tests" },
}
]])

-- %% [markdown]
-- ## The module
--
-- What `require "contrasts"` gives. The notebook's own function, as it was.

-- %%
write("init.lua", [[
-- How much the light and the dark of a picture differ.
local lunette = require "lunette"
local contrasts = {}

--- The standard deviation of the brightness.
-- @param picture an image or a tensor {H, W, 3}
-- @return a number, 0 for a picture of one grey
function contrasts.of(picture)
  local pixels = lunette.image.new(picture):tensor():clamp(0, 1)
  return pixels:mean(3):std():item()
end

--- Draws seeds 1 … count of a prompt.
-- @return a list of { seed =, contrast =, image = }, the strongest contrast first
function contrasts.ranked(model, prompt, count, steps)
  local list = {}
  for seed = 1, count do
    local image = model:generate{ prompt = prompt, seed = seed, steps = steps }.image
    list[seed] = { seed = seed, contrast = contrasts.of(image), image = image }
  end
  table.sort(list, function(a, b) return a.contrast > b.contrast end)
  return list
end

return contrasts
]])

-- %% [markdown]
-- ## The command
--
-- `run` gets the words of the command line. What it displays lands in `lunette-out/contrasts-sheet`, with a report.

-- %%
write("extensions.lua", [=[
local lunette = require "lunette"
local contrasts = require "contrasts"

return {
  commands = {
    sheet = {
      summary = "Lays out seeds by contrast: lunette contrasts sheet PROMPT [COUNT [STEPS]]",
      run = function(arguments)
        local prompt = arguments[1] or error("a prompt expected: lunette contrasts sheet 'a cat'", 0)
        local count = math.tointeger(tonumber(arguments[2] or "8"))
        if not count or count < 1 then error(("a number of seeds expected, got '%s'"):format(arguments[2]), 0) end
        local pictures, labels = {}, {}
        for i, found in ipairs(contrasts.ranked(assert(lunette.load()), prompt, count, tonumber(arguments[3]))) do
          pictures[i], labels[i] = found.image, ("seed %d: %.2f"):format(found.seed, found.contrast)
        end
        lunette.display(pictures, { size = 128, labels = labels, caption = prompt })
      end,
    },
  },
}
]=])

-- %% [markdown]
-- ## Its test

-- %%
write("tests/contrasts_test.lua", [[
local contrasts = require "contrasts"
local test = require "lunette.test"
local t = lunette.tensor

test.case("a picture of one grey has none", function() test.near(contrasts.of(t.full({ 4, 4, 3 }, 0.5)), 0) end)
test.case("half black, half white: the deviation of 16 zeros and 16 ones", function()
  test.near(contrasts.of(t.cat({ t.zeros{ 4, 4, 3 }, t.ones{ 4, 4, 3 } }, 1)), math.sqrt(8 / 31))
end)
]])

-- %% [markdown]
-- ## Tried from here
--
-- The command is a function like another. From a terminal, where the folder lies:
--
-- ```
-- lunette plugin test contrasts
-- lunette plugin install contrasts
-- lunette contrasts                     # lists its commands
-- lunette contrasts sheet "a cat" 8
-- ```

-- %%
package.path = folder .. "/../?/init.lua;" .. package.path
local extensions = assert(loadfile(folder .. "/extensions.lua"))()
extensions.commands.sheet.run{ prompt, tostring(count), tostring(steps) }
print(folder)
