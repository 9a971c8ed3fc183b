-- What the pictures say about senses.
local analysis = {}

--- Of the pictures in which the noun was found, how many show one sense: { successes =, n =, missing = }.
-- @param context a word; nil for the noun alone; null "wording" or "seed": alone in other words, or from another seed
function analysis.share(trials, noun, context, sense, null)
  local found = { successes = 0, n = 0, missing = 0 }
  for _, trial in ipairs(trials) do
    if trial.noun == noun and trial.context == context and trial.null == null then
      if trial.sense then
        found.n = found.n + 1
        if trial.sense == sense then found.successes = found.successes + 1 end
      else
        found.missing = found.missing + 1
      end
    end
  end
  return found
end

--- The sense that most pictures of the noun alone show; nil where it was never found.
function analysis.dominant(trials, noun, senses)
  local best, most = nil, 0
  for sense = 1, #senses do
    local count = analysis.share(trials, noun, nil, sense).successes
    if count > most then best, most = sense, count end
  end
  return best
end

--- Whether a picture shows another sense than the dominant one, of the pictures in which the word was found, with the word.
-- @param kind_of gets a trial and gives a kind, or nil to leave it out; dominant by noun
-- @return by kind { answers (1 and 0), units (the word) }
function analysis.turned(trials, dominant, kind_of)
  local found = {}
  for _, trial in ipairs(trials) do
    local kind = trial.sense and dominant[trial.noun] and kind_of(trial)
    if kind then
      local of = found[kind] or { {}, {} }
      found[kind] = of
      of[1][#of[1] + 1], of[2][#of[2] + 1] = trial.sense == dominant[trial.noun] and 0 or 1, trial.noun
    end
  end
  return found
end

-- how much more a picture is like another sense than like one
local function margin(likeness, sense)
  local most = -math.huge
  for i, value in ipairs(likeness) do
    if i ~= sense then most = math.max(most, value) end
  end
  return most - likeness[sense]
end

--- How much a context word moves pictures from one sense's description towards another's by CLIP's cosine, seed by seed against
-- the noun alone; empty without CLIP.
function analysis.likeness_shifts(trials, noun, context, sense)
  local alone, shifts = {}, {}
  for _, trial in ipairs(trials) do
    if trial.noun == noun and trial.likeness and not trial.context and not trial.null then
      alone[trial.seed] = margin(trial.likeness, sense)
    end
  end
  for _, trial in ipairs(trials) do
    if trial.noun == noun and trial.context == context and alone[trial.seed] and trial.likeness then
      shifts[#shifts + 1] = margin(trial.likeness, sense) - alone[trial.seed]
    end
  end
  return shifts
end

--- The mixture at which half of the pictures have left the first sense: where a falling curve crosses one half, linear between
-- the points; nil where it does not.
-- @param mixtures rising, and the share of the first sense at each (false where the noun was not found)
function analysis.flip(mixtures, first)
  for i = 2, #mixtures do
    local before, after = first[i - 1], first[i]
    if before and after and before >= 0.5 and after < 0.5 then
      return mixtures[i - 1] + (before - 0.5) / (before - after) * (mixtures[i] - mixtures[i - 1])
    end
  end
  return nil
end

return analysis
