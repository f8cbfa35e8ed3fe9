"""A tiny system with random weights, and sounds to draw."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.cli import run
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion, debug


@pytest.fixture(scope="session")
def system(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    return AudioCLIPDiffusion(debug()).save_pretrained(tmp_path_factory.mktemp("systems") / "debug")


@pytest.fixture
def sounds(tmp_path, monkeypatch) -> Path:
    """A folder of three sounds and a silent one; the working directory is the folder above."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "sounds"
    folder.mkdir()
    time = np.arange(4000) / 8000
    for number, name in enumerate(("a.wav", "b.ogg", "c.flac")):
        soundfile.write(folder / name, 0.4 * np.sin(2 * np.pi * (300 + 200 * number) * time), 8000)
    soundfile.write(folder / "silent.wav", np.zeros(4000), 8000)
    return folder


@pytest.fixture
def hearsight(capsys):
    """Runs the command in this process; gives (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def start():
    """Starts the command as a process of its own."""

    def call(*arguments: object, **options: object) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, "-m", "hearsight", *map(str, arguments)]
        paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, **{**pipes, **options})

    return call
