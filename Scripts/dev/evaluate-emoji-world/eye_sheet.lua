-- Draws the hundred pictures and saves them as sheets without captions, for labelling them by eye.
--
--   Scripts/lunette run Scripts/dev/evaluate-emoji-world/eye_sheet.lua -- FOLDER
local lunette = require "lunette"
local drawing = require "drawing"
local pictures = require "eye_pictures"

local folder = assert(arg[1], "eye_sheet.lua: a folder for the sheets expected")
local images = {}
drawing.each(assert(lunette.load()), pictures.jobs, function(_, _, image)
  images[#images + 1] = image:resize(192, 192, "nearest")
end)
for first = 1, #images, 20 do
  local part, labels = table.move(images, first, first + 19, 1, {}), {}
  for i = 1, #part do labels[i] = tostring(first + i - 1) end
  lunette.image.grid(part, { columns = 5, spacing = 6, background = 1, labels = labels })
    :save(("%s/eye-%03d.png"):format(folder, first))
end
