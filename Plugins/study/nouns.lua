-- Everyday nouns by category: the word list for models that bring none.
return {
  animal = { "cat", "dog", "bear", "lion", "fox", "pig", "horse", "elephant", "frog", "owl" },
  vehicle = { "car", "bus", "bicycle", "rocket", "boat" },
  food = { "apple", "banana", "pizza", "cake", "strawberry", "watermelon" },
  plant = { "flower", "tree", "mushroom", "cactus" },
  building = { "house", "castle" },
  thing = {
    "guitar", "book", "umbrella", "key", "camera", "clock", "balloon", "computer", "shoe", "ball", "hammer", "pistol",
  },
}
