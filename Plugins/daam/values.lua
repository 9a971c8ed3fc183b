-- Attention weighted by what it carries: a token that is looked at says as much as its value vector is long. A run is drawn with
-- hooks that sum A · ‖v‖, or A · ‖W v‖ with the layer's output projection, and looks to daam.maps like a traced one.
local lunette = require "lunette"
local complain = lunette.argument_error

local t = lunette.tensor
local values = {}

local function open_weights(model, fail)
  local path = model.path .. "/unet/diffusion_pytorch_model.safetensors"
  local weights, reason = t.load(path)
  if not weights then fail("the output projections cannot be read: %s", reason) end
  return weights
end

-- {heads, tokens}: the length of each token's value in each head, as such or after the output projection
local function lengths(v, heads, projection)
  local tokens, width = v:size(1), v:size(2)
  local parts = v:view{ tokens, heads, width // heads }:permute{ 2, 1, 3 }:contiguous()
  if not projection then return parts:pow(2):sum(3):sqrt() end
  local rows = {}
  for head = 1, heads do
    local own = projection:narrow(2, (head - 1) * (width // heads) + 1, width // heads)
    rows[head] = parts[head]:mm(own:t():contiguous()):pow(2):sum(2):sqrt()
  end
  return t.stack(rows)
end

local Trace = {}
local meta = { __index = Trace }

--- The weighted attention of a layer {heads, H·W, tokens}, of one step or of all together, as a trace of the host gives it.
function Trace:probs(path, opts)
  opts = opts or {}
  local sums = self.sums[opts.index or 1][path]
  if not sums then error("no layer " .. path, 2) end
  if opts.step then return sums[opts.step] end
  local sum
  for _, of_step in pairs(sums) do sum = sum and sum + of_step or of_step end
  return sum
end

-- a hook that keeps each row's values until the probabilities of the layer come
local function hooks(trace, projections)
  local pending = {}
  return { "unet.**.attn2.v", function(v, site) pending[site.name:gsub("%.v$", "")] = v end },
    { "unet.**.attn2.probs", function(probs, site)
      local path = site.name:gsub("%.probs$", "")
      local v, heads = pending[path], probs:size(2)
      for i, row in ipairs(site.rows) do
        if row.cond then
          local weights = lengths(v[i], heads, projections and projections[path:gsub("^unet%.",
            "") .. ".to_out.0.weight"])
          trace:add(row.sample, path, trace.each and site.step or 1, probs[i] * weights:unsqueeze(2), site)
        end
      end
    end }
end

--- Takes in the weighted attention of one layer in one step for one picture.
function Trace:add(sample, path, step, weighted, site)
  self.sums[sample] = self.sums[sample] or {}
  local of_path = self.sums[sample][path] or {}
  self.sums[sample][path] = of_path
  of_path[step] = of_path[step] and of_path[step] + weighted or weighted
  if not self.seen[path] then
    self.seen[path] = true
    self.layers[#self.layers + 1] = {
      path = path, kind = "cross", heads = weighted:size(1), height = site.height, width = site.width,
      tokens = weighted:size(3),
    }
  end
end

--- Draws pictures as model:generate does and keeps attention weighted by values.
-- @param request as for model:generate, with guidance, without trace
-- @param opts by = "values" (A · ‖v‖, unless given) or "output" (A · ‖W v‖, W the head's part of the layer's output projection);
--   steps = "each" keeps every step
-- @return a table that daam.maps reads: images, tokens, seeds, trace
function values.weighted(model, request, opts)
  opts = opts or {}
  local by = opts.by or "values"
  if by ~= "values" and by ~= "output" then
    complain(3, "weighted", "option 'by': 'values' or 'output' expected, got %s", tostring(by))
  end
  local projections = by == "output" and open_weights(model, function(...) complain(3, "weighted", ...) end) or nil
  local trace = setmetatable({
    sums = {}, layers = {}, seen = {}, each = opts.steps == "each", has_each_step = opts.steps == "each", steps = {},
  }, meta)
  local all = { hooks = {} }
  for name, value in pairs(request) do all[name] = value end
  all.hooks = { hooks(trace, projections) }
  local out = model:generate(all)
  local latents = out.latents
  trace.latent_height, trace.latent_width = latents:size(latents:dim() - 1), latents:size(latents:dim())
  for _, layer in ipairs(trace.layers) do
    layer.factor = math.sqrt(trace.latent_height * trace.latent_width / (layer.height * layer.width))
  end
  for i = 1, #out.timesteps do trace.steps[i] = i end
  return { image = out.image, images = out.images, tokens = out.tokens, seeds = out.seeds, trace = trace }
end

return values
