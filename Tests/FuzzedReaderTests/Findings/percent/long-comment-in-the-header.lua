#!/usr/bin/env°lunette
-- ---
-- title: T
-- jupyterle: T
-- jupyter:tiv [markdown]
--[[ag
--   kernelspec:
--   title:: 'lua'
--   n: 2:
--   kernelspec:
--   title:: 'lua'
--   n: 2
-- ---

-- %% MutableCn] tags=["a"] k.v=1
-- # A ‹jupyter:
--   kernels'
--   n: 3
-- ---

-- %% [
y = 0x1p4 // 2 ~= 1e-3
