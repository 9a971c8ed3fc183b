std = "lua54"
max_line_length = 120
-- Prose in notebooks is wrapped by eye.
max_comment_line_length = 132
read_globals = { "lunette", "arg" }
