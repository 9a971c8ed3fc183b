-- One child of the fuzzer: makes calls from a seed and writes each down before it makes it, so that the last one written is
-- the one that ended the process. With a file of calls it makes those instead.
--   lunette run child.lua --model DIR -- REFERENCE LOG SEED COUNT [FIRST]
--   lunette run child.lua --model DIR -- REFERENCE LOG FILE
local folder, log_path, what, count, first = table.unpack(arg)
require "world"
require "files"
local log = assert(io.open(log_path, "w"))
log:setvbuf("no")

local slow = tonumber(os.getenv("FUZZ_SLOW") or 20)  -- seconds of the processor: a busy machine is no finding
local complaints = 0
local function complain(text)
  complaints = complaints + 1
  log:write("-- COMPLAINT: ", text, "\n")
end

-- What an error must be: a message that a person can read.
local function check_message(message)
  if type(message) ~= "string" then return end  -- thrown by a hostile function, as it is
  if message:find("hostile __", 1, true) then return end
  if #message > 20000 then complain("a message of " .. #message .. " bytes: " .. message:sub(1, 200)) end
  if message == "" then complain("an empty message") end
  for _, word in ipairs{ "Optional(", "LuaMismatch", "Swift.", "fatal error", "Error(" } do
    if message:find(word, 1, true) then complain("not for people: " .. message:sub(1, 300)) end
  end
end

-- Loops in Lua, of plugins over what they were given, end here: an interrupt would end them too. What is left are bound functions.
local function too_long() error("long enough", 0) end
local steps = 1000000

local function perform(source, in_coroutine)
  local chunk, problem = load(source, "=fuzz")
  if not chunk then return complain("does not compile: " .. problem) end
  local start = os.clock()
  local done, message
  if in_coroutine then
    local thread = coroutine.create(chunk)
    debug.sethook(thread, too_long, "", steps)
    for _ = 1, 3 do
      done, message = coroutine.resume(thread, 1)
      if coroutine.status(thread) == "dead" then break end
    end
    coroutine.close(thread)
  else
    debug.sethook(too_long, "", steps)
    done, message = pcall(chunk)
    debug.sethook()
  end
  if not done then check_message(message) end
  local seconds = os.clock() - start
  if seconds > 1 then log:write(("-- took %.1f s\n"):format(seconds)) end
  if seconds > slow then complain(("took %.0f s"):format(seconds)) end
end

local function computed()
  local x = lunette.tensor{ { 1, 2 }, { 3, 4 } }
  return (x:mm(x) + 1):sum():item()
end

-- A session whose memory is all taken may say so, until what took it is given back.
local function check_session()
  local done, sum = pcall(computed)
  if not done and tostring(sum):find("out of memory") then
    collectgarbage()
    collectgarbage()
    done, sum = pcall(computed)
  end
  if not done then complain("the session does not compute any more: " .. tostring(sum)) end
  if sum ~= 58 then complain("the session computes something else now") end
end

if not count then
  local file = assert(io.open(what))
  local source = file:read("a")
  file:close()
  perform(source, false)
  perform(source, true)
else
  local calls = require("calls").new(math.tointeger(what), folder)
  for number = 1, math.tointeger(count) do
    local source = calls:next()
    local in_coroutine = calls.random(6) == 1
    if number >= (math.tointeger(first) or 1) then
      log:write(("-- %d\n%s\n"):format(number, source))
      perform(source, in_coroutine)
      if number % 100 == 0 then check_session() end
    end
  end
end
check_session()
for _ = 1, 2 do collectgarbage() end
local status = assert(io.open("/proc/self/statm")):read("a")
local megabytes = tonumber(status:match("^%d+ (%d+)")) * 4096 / 2^20
local most = tonumber(os.getenv("FUZZ_MEGABYTES") or 1000)
if megabytes > most then complain(("%.0f MB are held at the end"):format(megabytes)) end
log:write(("-- END %d complaints, %.0f MB\n"):format(complaints, megabytes))
log:close()
