std = "lua54"
max_line_length = 120
-- Prose in notebooks is wrapped by eye.
max_comment_line_length = 132
read_globals = { "lunette", "arg" }
-- What it writes down uses globals that it makes; its lists of expressions are as wide as they are.
files["Scripts/dev/fuzz-bindings"] = { ignore = { "11." }, max_line_length = false }
