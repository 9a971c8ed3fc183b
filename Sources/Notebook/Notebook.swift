// The floor `Notebook`; see Docs/ARCHITECTURE.md.
