-- What a seed decides of a picture: Xu et al., "Good Seed Makes a Good Crop", 2024.
return {
  classifier = require "seeds.classifier",
  diversity = require "seeds.diversity",
  grid = require "seeds.grid",
  inpainting = require "seeds.inpainting",
  nulls = require "seeds.nulls",
  pictures = require "seeds.pictures",
  prompts = require "seeds.prompts",
  ranking = require "seeds.ranking",
  studio = require "seeds.studio",
  swap = require "seeds.swap",
  variance = require "seeds.variance",
}
