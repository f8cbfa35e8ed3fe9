"""Several texts in one, each with a weight, as VQGAN-CLIP's command line takes them: "a dog | a red ball:0.5"."""

import re

WEIGHTED = re.compile(r"(.*\D):\s*(\d+\.?\d*|\.\d+)\s*", re.DOTALL)
"""A text and its weight. A number between numbers, as in "at 5:30", is none."""


def phrases(text: str) -> list[tuple[str, float]]:
    """The texts in `text` that are not empty, and their weights, 1 where none is given."""
    found = []
    for phrase in text.split("|"):
        weighted = WEIGHTED.fullmatch(phrase)
        words, weight = (weighted[1], float(weighted[2])) if weighted else (phrase, 1.0)
        if words.strip():
            found.append((words.strip(), weight))
    return found
