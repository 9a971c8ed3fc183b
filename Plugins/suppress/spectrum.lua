-- The singular values of a block of rows, changed: M = U · diag(σ) · Vᵀ with one column per row of the embedding.
local lunette = require "lunette"
local t, linalg = lunette.tensor, lunette.linalg
local spectrum = {}

-- rows {k, d} with σ {k} replaced by change(σ)
local function changed(rows, change)
  local U, S, Vh = linalg.svd(rows:t())
  return (U * change(S):unsqueeze(1)):mm(Vh):t():contiguous()
end

--- The singular values of the block, falling.
function spectrum.values(rows)
  local _, S = linalg.svd(rows:t())
  return S
end

--- Soft-weighted regularisation, σ̂ = σ · exp(-α σ): what all rows share goes first (Li et al. 2024, equation 3).
function spectrum.soften(rows, alpha)
  return changed(rows, function(S) return S * (S * -alpha):exp() end)
end

--- The opposite, σ̂ = gain · σ · exp(β σ): what all rows share is said louder.
function spectrum.strengthen(rows, beta, gain)
  return changed(rows, function(S) return S * (S * beta):exp() * gain end)
end

--- Keeps the `rank` largest singular values: weighted nuclear norm minimisation with weight 0 for those and a weight above the
-- largest one for the rest (Gu et al. 2014). Rank 0 gives zeros.
function spectrum.truncate(rows, rank)
  return changed(rows, function(S) return S * t.arange(#S):lt(rank) end)
end

--- Takes away the `count` largest singular values.
function spectrum.without_top(rows, count)
  return changed(rows, function(S) return S * t.arange(#S):ge(count) end)
end

--- Takes away the `count` smallest singular values.
function spectrum.without_tail(rows, count)
  return changed(rows, function(S) return S * t.arange(#S):lt(#S - count) end)
end

--- A copy of an embedding {tokens, d} in which the rows at `positions` are those that `change` makes of their block {k, d}.
function spectrum.applied(embedding, positions, change)
  local index = t(positions)
  return embedding:clone():index_copy_(1, index, change(embedding:index_select(1, index)))
end

return spectrum
