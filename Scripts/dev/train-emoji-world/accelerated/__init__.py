"""Trains emoji-world on an accelerator in minutes: PyTorch, NumPy and Pillow, nothing else, no network, no font."""
