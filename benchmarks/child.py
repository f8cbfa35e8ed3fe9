"""Runs a command and prints the seconds it took and the memory it had at its peak: `python child.py COMMAND ...`.

A program of its own, because a new process is booked with the peak of the one that started it: the benchmarks, with
torch in them, would lend their children half a gigabyte.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """The command's own output goes to standard error; exits as the command does."""
    started = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    mebibyte = 2**20 if sys.platform == "darwin" else 2**10  # Linux counts in KiB
    print(json.dumps({"seconds": seconds, "mebibytes": usage.ru_maxrss / mebibyte}))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
