from pathlib import Path

import pytest

from hearsight.cli.failures import Failures
from hearsight.errors import ConfigError, SoundError


def test_failures_are_counted_and_named_by_their_path(capsys):
    failures = Failures()
    for name in ("a.wav", "b.wav"):
        with failures.noted(Path("deep") / name):
            raise SoundError(f"{name}: is\nsilent.")
    assert failures.report(3) == 2
    assert capsys.readouterr().err.splitlines() == [
        "hearsight: deep/a.wav: is silent.",
        "hearsight: deep/b.wav: is silent.",
        "hearsight: 2 of 3 sounds could not be used.",
    ]


def test_nothing_failed_says_nothing(capsys):
    assert Failures().report(3) == 0
    assert capsys.readouterr().err == ""


def test_what_is_not_the_sounds_fault_passes():
    with pytest.raises(ConfigError), Failures().noted(Path("a.wav")):
        raise ConfigError("steps=0: must be at least 1.")
