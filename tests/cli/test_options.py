import pytest

from hearsight.cli.options import DEFAULT_SYSTEM, listed
from hearsight.hub.folder import shipped_names


def test_what_draws_by_default_ships_with_the_package() -> None:
    assert DEFAULT_SYSTEM in shipped_names()


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("generate", "a.wav"), "--steps"),
        (("generate", "a.wav"), "--size"),
        (("evaluate", "adherence", "--data", "data", "--judge", "judge"), "--steps"),
    ],
)
def test_what_must_be_positive_is_so_in_every_command(hearsight, command, option) -> None:
    code, out, err = hearsight(*command, option, "0")
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert option in err and "equal to 1" in err


def test_lists_by_commas_may_be_repeated() -> None:
    assert listed(["a, b", "", "c"]) == ["a", "b", "c"] and listed(None) == []
