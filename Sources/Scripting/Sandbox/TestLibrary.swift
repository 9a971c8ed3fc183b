/// `require "lunette.test"`: what the tests of plugins compare with.
enum TestLibrary {
  static let source = """
    local report, folder, updates = ...
    local test = {}

    local function shown(value)
      if type(value) == "string" then return ("%q"):format(value) end
      return tostring(value)
    end

    -- tensors and images as tensors; numbers and lists as they are
    local function numbers(value)
      if type(value) == "userdata" then
        local ok, tensor = pcall(function() return value:tensor() end)
        return ok and tensor or value
      end
      if type(value) == "number" or type(value) == "table" then return lunette.tensor(type(value) == "number" and { value } or value) end
      error("number, list, tensor or image expected, got " .. type(value), 3)
    end

    local function shape(tensor) return "{" .. table.concat({ table.unpack(tensor:size()) }, ", ") .. "}" end

    local function element(tensor, place) return tensor:contiguous():view{ -1 }[{ { place, place } }]:item() end

    --- Fails unless all elements differ by at most atol + rtol · |expected|.
    -- @param opts rtol (1e-5), atol (1e-6), name
    function test.near(found, expected, opts)
      opts = opts or {}
      local name = opts.name and opts.name .. ": " or ""
      local a, b = numbers(found), numbers(expected)
      if shape(a) ~= shape(b) then
        error(("%sshape %s expected, got %s"):format(name, shape(b), shape(a)), 2)
      end
      local difference = (a - b):abs()
      local excess = difference - (b:abs() * (opts.rtol or 1e-5) + (opts.atol or 1e-6))
      local worst = excess:max():item()
      if worst > 0 or worst ~= worst then
        local place = excess:view{ -1 }:argmax(1):item()
        place = math.tointeger(place)
        error(("%sdiffers by up to %g: %g expected, got %g at element %d of %d"):format(name,
          difference:max():item(), element(b, place), element(a, place), place, a:numel()), 2)
      end
    end

    local function same(a, b)
      if a == b then return true end
      if type(a) ~= "table" or type(b) ~= "table" then return false end
      for key, value in pairs(a) do
        if not same(value, b[key]) then return false, key end
      end
      for key in pairs(b) do
        if a[key] == nil then return false, key end
      end
      return true
    end

    --- Fails unless the values are equal, tables with all that is in them.
    function test.same(found, expected, name)
      local equal, key = same(found, expected)
      if equal then return end
      name = name and name .. ": " or ""
      if key ~= nil then
        error(("%s[%s]: %s expected, got %s"):format(name, shown(key), shown(expected[key]), shown(found[key])), 2)
      end
      error(("%s%s expected, got %s"):format(name, shown(expected), shown(found)), 2)
    end

    --- Fails unless the function raises an error that contains the text. Returns the message.
    function test.fails(text, f, ...)
      local ok, message = pcall(f, ...)
      if ok then error(("no error; expected: %s"):format(text), 2) end
      message = tostring(message)
      if not message:find(text, 1, true) then error(("expected the error '%s', got '%s'"):format(text, message), 2) end
      return message
    end

    --- Fails unless the picture is that in tests/goldens/NAME.png, within atol (1/255).
    -- `lunette plugin test --update` writes it anew.
    function test.image(image, name, opts)
      local path = ("%s/tests/goldens/%s.png"):format(folder, name)
      if updates then
        image:save(path)
        return
      end
      local golden, why = lunette.image.open(path)
      if not golden then error(("%s (lunette plugin test --update makes it)"):format(why), 2) end
      local ok, message = pcall(test.near, image, golden, { rtol = 0, atol = opts and opts.atol or 1.01 / 255, name = name })
      if not ok then error(message, 2) end
    end

    --- A named part of a test: the others run even if it fails.
    function test.case(name, f)
      local ok, message = pcall(f)
      report(name, ok, ok and "" or tostring(message))
    end

    --- Leaves this test out, and says why.
    function test.skip(why) report(why, nil, "") end

    return test
    """
}
