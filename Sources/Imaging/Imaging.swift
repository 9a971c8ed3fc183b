// The floor `Imaging`; see Docs/ARCHITECTURE.md.
