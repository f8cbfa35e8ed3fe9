"""Asking people: the three human studies of the papers, made, kept and counted.

`protocols` says what is asked, `sources` finds the pictures, `make` turns them into a folder that `study` reads,
`order` deals it to a rater, `answers` keeps what was said, `results` counts it.
"""
