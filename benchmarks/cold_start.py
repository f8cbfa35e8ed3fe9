"""A fresh process: seconds until it has drawn one picture, and the memory it had at its peak.

Fresh, not cold: after the first round the files come from the operating system's cache.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import peer_generate, subject
from benchmarks.comparison import Comparison, Row
from benchmarks.setting import Setting

HERE = Path(__file__).parent
SOUND = HERE.parent / "examples" / "seven.ogg"
HEARSIGHT = [sys.executable, "-m", "hearsight"]


def measure(setting: Setting) -> list[Comparison]:
    """`hearsight generate` and `hearsight --help`, beside the peers' script and the bare imports."""
    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        drawing = _race(_drawing(place, setting), setting)
    answering = _race({"hearsight --help": [*HEARSIGHT, "--help"], **_floor("typer, rich"), **_floor("")}, setting)
    return [
        Comparison("Fresh process: one sound heard, one picture written", "picture", _rows(drawing, "seconds")),
        Comparison("Fresh process: peak memory of the same", "picture", _rows(drawing, "mebibytes"), cost="MiB"),
        Comparison("Fresh process: the command line answers", "answer", _rows(answering, "seconds")),
    ]


def _drawing(place: Path, setting: Setting) -> Mapping[str, list[str]]:
    system = subject.system(setting)
    ours, theirs = place / "ours", place / "theirs"
    system.save_pretrained(ours, precision="float16")
    theirs.mkdir()
    audioclip, unet = system.config.audioclip, system.config.unet
    peer_generate.save(
        theirs,
        ear=(subject.parameters(system.audioclip.audio), audioclip.window.seconds),
        painter=(subject.parameters(system.unet), unet.size, audioclip.embed, unet.patch),
        steps=2 if setting.debug else peer_generate.STEPS,
    )
    picture = str(place / "picture.png")
    return {
        "hearsight generate": [*HEARSIGHT, "generate", str(SOUND), "--system", str(ours), "--out", picture],
        "transformers + diffusers script, networks of the same size": [
            *(sys.executable, "-m", "benchmarks.peer_generate"),
            *(str(theirs), str(SOUND), picture),
        ],
        **_floor("torch, diffusers"),
        **_floor("torch"),
    }


def _floor(modules: str) -> dict[str, list[str]]:
    code = f"import {modules}" if modules else "pass"
    return {f"python -c '{code}'": [sys.executable, "-c", code]}


def _race(commands: Mapping[str, list[str]], setting: Setting) -> dict[str, list[dict[str, float]]]:
    """What every command took, round by round; each round begins with the next command."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    names = list(commands)
    for number in range(setting.rounds):
        for place in range(len(names)):
            name = names[(number + place) % len(names)]
            found[name].append(_run(commands[name], setting))
    return found


def _run(command: list[str], setting: Setting) -> dict[str, float]:
    paths = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, "OMP_NUM_THREADS": str(setting.threads)}
    done = subprocess.run(
        [sys.executable, str(HERE / "child.py"), *command],
        env={**environment, "PYTHONPATH": paths, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _rows(found: Mapping[str, list[dict[str, float]]], cost: str) -> list[Row]:
    return [Row(name, [one[cost] for one in rounds]) for name, rounds in found.items()]
