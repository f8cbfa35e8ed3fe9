"""Hearsight in a browser."""
