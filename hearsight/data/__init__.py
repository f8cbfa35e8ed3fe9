"""Pairs of sound and picture: reading folders and manifests, and making the pocket set."""
