"""The command as a whole: quick to answer, one line for every mistake."""

import os
import resource

import pytest

from hearsight import __version__

COMMANDS = (
    "generate",
    "compare",
    "rerun",
    "classify",
    "embed",
    "retrieve",
    "train",
    "evaluate",
    "bench",
    "data",
    "study",
    "systems",
)


def test_help_names_every_command_and_loads_nothing_heavy(start):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = start("--help")
    out, _ = process.communicate(timeout=100)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0
    assert all(command in out for command in COMMANDS)
    # Time of the processor, not of the clock: other tests run beside this one.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


@pytest.mark.parametrize("command", [(), *((command,) for command in COMMANDS), ("evaluate", "adherence")])
def test_every_command_explains_itself(hearsight, command):
    code, out, _ = hearsight(*command, "--help")
    assert code == 0
    assert "Usage" in out


def test_version(hearsight):
    assert hearsight("--version") == (0, f"{__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("genrate",), "generate"),
        (("generate",), "--say"),
        (("generate", "a.wav", "--seeed", "3"), "--seed"),
        (("generate", "a.wav", "--seed", "x"), "valid integer"),
        (("generate", "a.wav", "--count", "0"), "--count"),
        (("generate", "a.wav", "--system", "no-such-system"), "no-such-system"),
        (("generate", "a.wav", "--device", "gpu", "--system", "SYSTEM"), "device='gpu'"),
        (("generate", "a.wav", "--scheduler", "nope", "--system", "SYSTEM"), "nope"),
        (("generate", "nothing*.wav"), "nothing matches"),
        (("generate", "a.wav", "--sheet", "sheet.jpg"), "sheet.jpg"),
        (("rerun", "nowhere.png"), "nowhere.png"),
        (("classify", "a.wav", "--labels", " , "), "--labels"),
        (("classify", "a.wav", "--labels", "a", "--model", "model.pt"), "--vocabulary"),
        (("train", "nowhere.yaml"), "nowhere.yaml"),
        (("train", "pocket_judge", "stpes=3"), "stpes"),
        (("data", "make", "pocket", "--pairs", "nowhere", "--out", "out"), "nowhere"),
        (("evaluate", "adherence", "--data", "nowhere", "--judge", "nowhere"), "nowhere"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(hearsight, sounds, system, arguments, message):
    arguments = [system if argument == "SYSTEM" else argument for argument in arguments]
    os.link(sounds / "a.wav", "a.wav")
    code, out, err = hearsight(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("hearsight: ")
    assert message in err
    assert err.count("\n") == 1
