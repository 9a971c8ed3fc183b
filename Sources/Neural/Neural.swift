// The floor `Neural`; see Docs/ARCHITECTURE.md.
