/// What scripts find in `lunette`: one file and one `add…` function per Lua module.
enum Bindings {}
