-- The terms of the attack's loss (Du et al., NeurIPS 2023, after Guo et al., EMNLP 2021).
local Eye = require "attack.eye"
local losses = {}

--- max(0, lead of the class + κ): falls until another class is ahead by κ, then stays 0.
function losses.margin(logits, class, kappa) return (Eye.lead(logits, class) + kappa):relu() end

--- ln p of the class: falls without end.
function losses.cross_entropy(logits, class)
  local shifted = logits - logits:max():detach()
  return shifted[class] - shifted:exp():sum():log()
end

--- BERTScore's recall with weights, Σ_i w_i max_j cos(a_i, b_j), over all rows but the first and the last.
-- @param clean, found {rows, d}: contextual vectors of the clean and of the relaxed prompt
-- @param weights {rows} of the clean rows
function losses.recall(clean, found, weights)
  local count = clean:size(1) - 2
  local a = clean:narrow(1, 2, count):normalize(2)
  local b = found:narrow(1, 2, count):normalize(2)
  local best = a:mm(b:t()):max(2)
  return (best * weights:narrow(1, 2, count)):sum()
end

return losses
