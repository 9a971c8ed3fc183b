// The floor `Tensor`; see Docs/ARCHITECTURE.md.
