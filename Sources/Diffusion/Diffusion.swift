// The floor `Diffusion`; see Docs/ARCHITECTURE.md.
