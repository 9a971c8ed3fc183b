local test = require "lunette.test"
local blobs = require "blobs"
local t = lunette.tensor

local map = t{ { 1, 1, 0, 0 }, { 0, 1, 0, 1 }, { 0, 0, 0, 1 }, { 1, 0, 0, 1 } }

test.case("regions are numbered row by row", function()
  local labels, count = blobs.label(map, 0.5)
  test.same(count, 3)
  test.near(labels, t{ { 1, 1, 0, 0 }, { 0, 1, 0, 2 }, { 0, 0, 0, 2 }, { 3, 0, 0, 2 } })
end)

test.case("views are read where they lie", function()
  local labels = blobs.label(map:transpose(1, 2), 0.5)
  test.near(labels, t{ { 1, 0, 0, 2 }, { 1, 1, 0, 0 }, { 0, 0, 0, 0 }, { 0, 3, 3, 3 } })
  local _, count = blobs.label(map[{ {}, { 3, 4 } }], 0.5)
  test.same(count, 1)
end)

test.case("mistakes are named", function()
  test.fails("bad argument #1 to 'label' (tensor expected, got nil)", blobs.label)
  test.fails("bad argument #2 to 'label' (number expected, got string)", blobs.label, map, "x")
  test.fails("label: a map {H, W} of float32 expected", blobs.label, t.zeros{ 2 }, 0)
end)
