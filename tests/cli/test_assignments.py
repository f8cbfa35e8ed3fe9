import pytest

from hearsight.cli.assignments import assignments, settings
from hearsight.errors import ConfigError

DEFAULTS = {"steps": 60, "rate": 0.1, "keep": "best", "patience": None, "tiled": False, "start_step": 0}


def test_values_by_name():
    assert assignments("--part", ["ear=a=b.pt", "eye = owner/name"]) == {"ear": "a=b.pt", "eye": "owner/name"}
    assert assignments("--part", None) == {}


@pytest.mark.parametrize("wrong", ["views", "=3", "views=", ""])
def test_what_is_no_assignment(wrong):
    with pytest.raises(ConfigError, match="write name=value"):
        assignments("--set", [wrong])


def test_every_value_has_the_type_of_its_default():
    written = ["steps=5", "rate=1", "keep=3", "patience=4", "tiled=True", "start-step=2"]
    found = settings(written, {"prompt": None}, DEFAULTS)
    assert found == {
        "steps": 5,
        "rate": 1.0,
        "keep": "3",
        "patience": 4,
        "tiled": True,
        "start_step": 2,
        "prompt": None,
    }
    assert [type(found[name]) for name in ("steps", "rate", "patience")] == [int, float, int]


def test_an_unknown_name_is_left_to_the_system():
    assert settings(["stepz=5"], {}, DEFAULTS) == {"stepz": "5"}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (["steps=5.5"], r"--set steps=5.5: is a whole number, e.g. steps=60"),
        (["rate=fast"], r"--set rate=fast: is a number, e.g. rate=0.1"),
        (["tiled=1"], "is true or false"),
        (["rate=1", "rate=2"], "rate is set twice"),
        (["size=5"], "--size says it too"),
    ],
)
def test_what_cannot_be(written, message):
    with pytest.raises(ConfigError, match=message):
        settings(written, {"size": 6}, DEFAULTS)
