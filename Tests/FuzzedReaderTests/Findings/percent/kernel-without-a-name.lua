#!/usr/bin/env lunette
-- ---
-- title: T
-- jupyter:
--   kernelspec:
--     n`me: 'lua'
--   n: 3
-- ---

-- %% [markdown] tags=["a"] k.v=1
-- # A title
-- * one `two` **three** [four](https://x.y)
-- | a | b |
-- |---|---|
-- ~ 0 | 2 |

-- %% a title {"x": [1, "2"]}
local steps = 3  -- a remark
s = [[
-- %%
]] .. [==[x]==] .. [a\n\z
  b" .. 'c'

-- %% [raw]
-- r
--%%%% deep
-- - -%  %nomarker
y = 0x1p4 // 2 ~= 1e"]}