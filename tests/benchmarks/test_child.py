import json
import subprocess
import sys
from pathlib import Path

CHILD = Path(__file__).parents[2] / "benchmarks" / "child.py"
MEBIBYTE = 2**20


def _run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHILD), sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_peak_is_the_commands_own_not_that_of_whoever_started_it():
    large = b"x" * (300 * MEBIBYTE)  # touched memory of this process
    small = json.loads(_run("pass").stdout)
    assert 0 < small["mebibytes"] < 150
    assert len(large) == 300 * MEBIBYTE
    grown = json.loads(_run("b'x' * (200 << 20)").stdout)
    assert 200 < grown["mebibytes"] - small["mebibytes"] + 10 < 230
    assert small["seconds"] > 0


def test_output_goes_to_standard_error_and_the_exit_code_comes_back():
    done = _run("print('hello'); raise SystemExit(3)")
    assert done.returncode == 3
    assert "hello" in done.stderr and "hello" not in done.stdout
