// The floor `Lua`; see Docs/ARCHITECTURE.md.
