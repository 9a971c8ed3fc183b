// The floor `Scripting`; see Docs/ARCHITECTURE.md.
