-- What the model brings beside its weights: whoever studies it asks for these by lunette.extension("models", …).
return {
  models = {
    -- tells what is in a picture, and where
    judge = function() return require "emoji-world.judge" end,
    -- the words and facts of the captions that the weights were taught with
    world = function() return require "emoji-world.world" end,
    -- pictures that the weights drew, with what the eye and the judge found in them
    labelled = function() return require "emoji-world.labelled" end,
    -- rendered pictures, with what is in them
    reference = function() return require "emoji-world.reference" end,
  },
}
