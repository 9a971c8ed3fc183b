-- The ways to suppress words, each as the fields of model:generate that differ from a plain run.
local lunette = require "lunette"
local optimize = require "suppress.optimize"
local spectrum = require "suppress.spectrum"
local t = lunette.tensor
local methods = {}

-- MARK: Rows of the embedding

-- the first step that is edited
local function first_step(o) return math.floor(o.start * o.steps) + 1 end

-- Another embedding from a share of the steps on.
local function switched(task, o, embedding)
  local first = first_step(o)
  if first == 1 then return { embedding = embedding }, embedding end
  return {
    embedding = task.embedding,
    on_step = function(state)
      if state.index == first then state.embedding = embedding end
    end,
  }, embedding
end

-- The embedding in which a block of rows is what `change` makes of it, from a share of the steps on.
local function edited(task, o, change)
  return switched(task, o, spectrum.applied(task.embedding, task.rows[o.rows], change))
end

local of_rows = { rows = { { "words", "padding", "target" }, "target" }, start = { "number", 0, min = 0, max = 1 } }

local function with(spec, more)
  local all = {}
  for _, each in ipairs{ spec, more } do
    for name, kind in pairs(each) do all[name] = kind end
  end
  return all
end

-- how many of k singular values are meant: a number of them from 1, or a fraction below 1
local function count_of(amount, k) return amount < 1 and math.floor(amount * k + 0.5) or math.min(amount, k) end

-- MARK: Columns of the attention

-- Hooks that multiply the attention of the conditional half to each token by its factor {tokens}, from a step on.
local function attention_hooks(model, factors, renormalises, first)
  local untouched = factors * 0 + 1
  local function multiply(probs, site)
    if site.step < first then return nil end
    local by_row = {}
    for i, row in ipairs(site.rows) do by_row[i] = row.cond and factors or untouched end
    local shares = t.stack(by_row):unsqueeze(2):unsqueeze(2)
    if not renormalises then return probs * shares end
    -- Where the rows that are left had nothing, they get equal shares.
    local changed = (probs + 1e-20) * shares
    return changed / changed:sum(4, { keepdim = true })
  end
  local hooks = {}
  for i, path in ipairs(model:cross_attention_sites()) do hooks[i] = { path .. ".probs", multiply } end
  return hooks
end

local function factors(task, positions, value)
  local list = t.ones{ task.embedding:size(1) }
  for _, position in ipairs(positions) do list[position] = value end
  return list
end

-- MARK: The methods

--- The plain run.
methods.none = { options = {}, plan = function(_, task) return { embedding = task.embedding } end }

--- Rows times a factor; 0 takes them out of the sum, not out of the softmax.
methods.scale = {
  options = with(of_rows, { factor = { "number", 0 } }),
  plan = function(_, task, o) return edited(task, o, function(rows) return rows * o.factor end) end,
}

--- Soft-weighted regularisation: σ̂ = σ · exp(-α σ).
methods.soften = {
  options = with(of_rows, { alpha = { "number", 1, min = 0 } }),
  plan = function(_, task, o) return edited(task, o, function(rows) return spectrum.soften(rows, o.alpha) end) end,
}

--- The opposite, to strengthen: σ̂ = gain · σ · exp(β σ).
methods.strengthen = {
  options = with(of_rows, { beta = { "number", 0.001 }, gain = { "number", 1.2, min = 0 } }),
  plan = function(_, task, o)
    return edited(task, o, function(rows) return spectrum.strengthen(rows, o.beta, o.gain) end)
  end,
}

--- Without the largest singular values.
methods.cut_top = {
  options = with(of_rows, { count = { "number", 2, min = 0 } }),
  plan = function(_, task, o)
    return edited(task, o, function(rows) return spectrum.without_top(rows, count_of(o.count, rows:size(1))) end)
  end,
}

--- Without the smallest singular values.
methods.cut_tail = {
  options = with(of_rows, { count = { "number", 70, min = 0 } }),
  plan = function(_, task, o)
    return edited(task, o, function(rows) return spectrum.without_tail(rows, count_of(o.count, rows:size(1))) end)
  end,
}

--- Only the largest singular values.
methods.low_rank = {
  options = with(with(of_rows, { rank = { "number", 8, min = 0 } }), { rows = { of_rows.rows[1], "padding" } }),
  plan = function(_, task, o) return edited(task, o, function(rows) return spectrum.truncate(rows, o.rank) end) end,
}

--- No spot of the picture can attend to the rows: the others share the attention.
methods.delete = {
  options = of_rows,
  plan = function(model, task, o)
    return {
      embedding = task.embedding,
      hooks = attention_hooks(model, factors(task, task.rows[o.rows], 0), true, first_step(o)),
    }
  end,
}

--- The whole of SuppressEOT: softened rows, then the embedding optimized in a part of the steps.
methods.optimize = {
  options = {
    alpha = { "number", 1, min = 0 }, iterations = { "integer", 10, min = 1 }, rate = { "number", min = 0 },
    from = { "number", 0.2, min = 0, max = 1 }, to = { "number", 0.4, min = 0, max = 1 },
    distance = { { "cosine", "l2" }, "cosine" }, keep = { "number", 1, min = 0 }, remove = { "number", 0.5, min = 0 },
    own_weight = { "number", 1, min = 0 }, inside_words = { "number", 0.85, min = 0, max = 1 },
    inside_others = { "number", 0.95, min = 0, max = 1 }, sides = { "integer", min = 0, list = true },
    own_reading = { { "joined", "summed" }, "joined" }, rematerialize = { "boolean", false },
  },
  plan = function(model, task, o, report)
    task.edited = spectrum.applied(task.embedding, task.rows.target, function(rows)
      return spectrum.soften(rows, o.alpha)
    end)
    report.losses = {}
    return { embedding = task.embedding, on_step = optimize.on_step(model, task, o, report.losses) }, task.edited
  end,
}

-- MARK: What the paper compares with

--- The words as the negative prompt; weight says how far the unconditional embedding goes there.
methods.negative_prompt = {
  options = { weight = { "number", 1 }, start = of_rows.start },
  plan = function(model, task, o)
    local named = model:encode(task.text.words)
    local uncond = {}
    for step = 1, o.steps do
      local plain = task.uncond(step)
      uncond[step] = step < first_step(o) and plain or plain + (named - plain) * o.weight
    end
    return { embedding = task.embedding, uncond = uncond }
  end,
}

--- The prompt without the words; from a share of the steps on it is prompt switching.
methods.drop_word = {
  options = { start = of_rows.start },
  plan = function(model, task, o) return switched(task, o, model:encode(task.text.others)) end,
}

--- The attention to the words times a factor, as prompt-to-prompt does it (Hertz et al. 2022).
methods.reweight = {
  options = { factor = { "number", 0 }, rows = { of_rows.rows[1], "words" }, start = of_rows.start },
  plan = function(model, task, o)
    return {
      embedding = task.embedding,
      hooks = attention_hooks(model, factors(task, task.rows[o.rows], o.factor), false, first_step(o)),
    }
  end,
}

return methods
