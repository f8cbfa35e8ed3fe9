"""Speed and memory of Hearsight, each beside a peer that does the same work in the same run.

    make bench        or        python -m benchmarks --only drawing --rounds 9 --json bench.json

What is compared takes turns (see `race`), so that both suffer alike from whatever else the machine does. Read the
ratios; the seconds belong to one machine on one day.
"""
