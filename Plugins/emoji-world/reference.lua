-- The held-out reference set: 512 renders with captions, objects and the class of each pixel.
local _, path = ...
local folder = path:match("^(.*)/") .. "/reference"

local reference = assert(lunette.json.load(folder .. "/reference.json"))
local pictures = assert(lunette.image.open(folder .. "/images.png")):tensor()
local labels = assert(lunette.image.open(folder .. "/labels.png")):tensor()

local function cell(sheet, index)
  local size, columns = reference.size, reference.columns
  local row, column = (index - 1) // columns, (index - 1) % columns
  return sheet[{ { row * size + 1, (row + 1) * size }, { column * size + 1, (column + 1) * size } }]
end

--- How many pictures there are.
function reference.count() return #reference.images end

--- Picture `index`: `image` {64, 64, 3}, `classes` {64, 64} (a number of reference.classes, counted from 1), `caption` and
-- `objects` (label, noun, adjective, accessory, box).
function reference.get(index)
  local entry = reference.images[index]
  if not entry then
    error(("reference: picture from 1 to %d expected, got %s"):format(#reference.images, tostring(index)), 2)
  end
  local classes = (cell(labels, index):select(3, 1) * 255):round() + 1
  return { image = cell(pictures, index), classes = classes, caption = entry.caption, objects = entry.objects }
end

return reference
