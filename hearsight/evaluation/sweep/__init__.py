"""Sweeps: one experiment over a grid of settings, measured the same way everywhere, and the thesis's tables of it."""
