-- Attention of one prompt in the picture of another: both are drawn in one batch from one noise, and at every step chosen heads of
-- the one look where those of the other look. Nothing is kept beyond a step, so that memory stays flat.
local lunette = require "lunette"
local complain = lunette.argument_error
local pattern = require "daam.pattern"
local selection = require "daam.selection"

local replay = {}

local function contains(list, value)
  if not list then return true end
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

local function is_chosen(patch, site)
  if patch.steps and (site.step < patch.steps[1] or site.step > patch.steps[2]) then return false end
  if not patch.middle and site.name:find(".mid_block.", 1, true) then return false end
  if not patch.layers then return true end
  local path = site.name:gsub("%.probs$", "")
  for _, wanted in ipairs(patch.layers) do
    if pattern.matches(wanted, path) then return true end
  end
  return false
end

-- {heads, H·W, tokens}: what a head sees at a mean place, everywhere
local function levelled(probs) return probs:mean(2, { keepdim = true }):expand(probs:size()):contiguous() end

local function replaced(own, donor, patch)
  if not patch.heads and not patch.tokens then return donor end
  local changed = own:clone()
  for head = 1, own:size(1) do
    if contains(patch.heads, head) then
      if not patch.tokens then
        changed[head] = donor[head]
      else
        for _, pair in ipairs(patch.tokens) do changed[{ head, {}, pair[1] }] = donor[{ head, {}, pair[2] }] end
      end
    end
  end
  return changed
end

-- A hook on all cross-attention: sample 1 is the source, sample k + first − 1 has patch k, a list of parts.
local function hook(patches, first, fail)
  local kept, step = {}, nil
  return { "unet.**.attn2.probs", function(probs, site)
    if site.step ~= step then kept, step = {}, site.step end
    local changed
    for i, row in ipairs(site.rows) do
      local key = site.name .. (row.cond and "+" or "-")
      local patch = patches[row.sample - first + 1]
      if row.sample == 1 then
        kept[key] = probs[i]
      end
      for _, part in ipairs(row.sample ~= 1 and patch or {}) do
        if is_chosen(part, site) and (part.half == "both" or (part.half == "cond") == row.cond) then
          local donor = part.with == "mean" and levelled(probs[i]) or kept[key]
          if not donor then fail("the source's attention at %s has not been seen at step %d", site.name, site.step) end
          changed = changed or probs:clone()
          changed[i] = replaced(changed[i], donor, part)
        end
      end
    end
    return changed
  end }
end

local shared = { prompt = true, prompts = true, seeds = true, source = true, hooks = true }

local function run(model, request, patches, plain, what)
  local function fail(...) complain(2, what, ...) end
  if type(request) ~= "table" then fail("table of options expected, got %s", type(request)) end
  for _, name in ipairs{ "prompts", "seeds", "embedding", "image", "latents" } do
    if request[name] ~= nil then fail("option '%s': one prompt from one seed or noise expected", name) end
  end
  for _, name in ipairs{ "prompt", "source" } do
    if type(request[name]) ~= "string" then
      fail("option '%s': a string expected, got %s", name, type(request[name]))
    end
  end
  local all = { prompts = { request.source }, hooks = {} }
  for i = 1, #patches + (plain and 1 or 0) do all.prompts[i + 1] = request.prompt end
  for name, value in pairs(request) do
    if not shared[name] then all[name] = value end
  end
  all.hooks[1] = hook(patches, plain and 3 or 2, fail)
  for i, one in ipairs(request.hooks or {}) do all.hooks[i + 1] = one end
  return model:generate(all)
end

--- Draws `prompt` with the attention of `source`.
-- @param request prompt, source, and what model:generate takes for one picture beside them
-- @param opts layers, heads, steps, tokens (a position or { prompt's, source's }, or a list of them), half ("both", "cond",
--   "uncond"), middle (true): what is replayed; all of cross-attention unless given
-- @return what model:generate gives: picture 1 is the source's, picture 2 the prompt's
function replay.replay(model, request, opts)
  return run(model, request, { { selection.patch(opts, "replay", 3) } }, false, "replay")
end

--- Draws `prompt` once plainly and once with each of the patches.
-- @param patches a list; each is a table of options as for replay, or a list of such tables, which go together. A table also takes
--   with: "source", or "mean" for what the heads themselves see on average over the picture
-- @return what model:generate gives: picture 1 is the source's, 2 the prompt's, 2 + k that of patch k
function replay.patch(model, request, patches)
  if type(patches) ~= "table" or #patches == 0 then complain(3, "patch", "a list of patches expected") end
  local list = {}
  for i, patch in ipairs(patches) do
    list[i] = {}
    for k, part in ipairs(type(patch) == "table" and patch[1] and patch or { patch }) do
      list[i][k] = selection.patch(part, "patch", 3)
    end
  end
  return run(model, request, list, true, "patch")
end

return replay
