-- What an interval says to a claim, in one of four words.

--- A claim is that an effect lies on one side of `null` and is large enough to matter, by `smallest` at least.
--
-- - "too small to matter": the whole interval is nearer to null than `smallest`, to either side;
-- - "agrees": else, the whole interval is on the claim's side of null;
-- - "disagrees": else, all of it is on the other side of null, or short of `smallest` on the claim's side;
-- - "open": anything else, and an interval without width: units that all give one number do not say how units differ.
--
-- "empty" is no verdict: there is no interval.
-- @param found { low =, high = } or nil
-- @param claim null (0), smallest (0: any effect matters), side ("more", "less", or "either": that there is an effect, whose
--   side is not said)
return function(found, claim)
  claim = claim or {}
  if not found or not found.low or found.low ~= found.low then return "empty" end
  local null, smallest, side = claim.null or 0, claim.smallest or 0, claim.side or "more"
  local low, high = found.low - null, found.high - null
  if low == high then return "open" end
  if side == "less" then low, high = -high, -low end
  if low > -smallest and high < smallest then return "too small to matter" end
  if low > 0 or side == "either" and high < 0 then return "agrees" end
  if side ~= "either" and (high < 0 or high < smallest) then return "disagrees" end
  return "open"
end
