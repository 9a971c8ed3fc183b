-- Words are found as they stand in the prompt, in whatever script and normal form.
local daam = require "daam"
local fake = require "daam.tests.fake"

local texts = { "über", "οδοσ", "привет", "café", "don", "'t", "12" }
local tokens = { { id = 0, text = "", position = 1 }, words = texts }
for number, text in ipairs(texts) do
  tokens[number + 1] = { id = number, text = text, word = number, position = number + 1 }
end
tokens[#tokens + 1] = { id = 99, text = "", position = #texts + 2 }

local maps = daam.maps(fake.out{ tokens = { tokens } })
for _, case in ipairs{
  { "Über", 2 }, { "ÜBER", 2 }, { "ΟΔΟΣ", 3 }, { "οδος", 3 }, { "ПРИВЕТ", 4 }, { "CAFE\u{301}", 5 }, { "café", 5 },
  { "DON'T", 6, 7 }, { "don't 12", 6, 8 },
} do
  local rows = maps:word(case[1]).rows
  assert(rows[1] == case[2] and rows[#rows] == (case[3] or case[2]), case[1])
end
for _, absent in ipairs{ "uber", "кот", "cafe", "dont", "" } do
  assert(not pcall(maps.word, maps, absent), absent)
end
