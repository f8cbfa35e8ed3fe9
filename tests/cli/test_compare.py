import json
from pathlib import Path

import pytest

from hearsight.evaluation.contestants import SPOKEN
from hearsight.hub.folder import shipped_names
from hearsight.picture import Picture


def test_sounds_meet_systems_and_bad_ones_are_told(hearsight, sounds, system):
    code, out, err = hearsight("compare", "sounds", "--systems", f"{system},audioclip-diffusion", "--out", "all")
    assert code == 2 and "silent.wav" in err and "1 of 4 sounds" in err
    assert out.splitlines()[0] == "sounds/a.wav" and out.endswith("→ all/comparison.html\n") and "most like" in out
    assert sorted(path.name for path in Path("all").iterdir()) == [
        "comparison.html", "comparison.json", "comparison.png", "pictures"
    ]  # fmt: skip
    assert {path.parent.name for path in Path("all").rglob("pictures/*/*.png")} == {"debug", "audioclip-diffusion"}


@pytest.mark.timeout(600)  # draws with all that ships; on a busy machine the searches take their time
def test_json_is_one_object_per_picture_and_all_that_ships_for_any_sound_is_compared(hearsight, sounds):
    code, out, err = hearsight("compare", "sounds/a.wav", "--seed", 3, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [row["system"] for row in rows] == [name for name in shipped_names() if name not in SPOKEN]
    drawn = [row for row in rows if "reason" not in row]
    assert drawn and all(row["seconds"] > 0 and row["seed"] == 3 for row in drawn)
    picture = Picture.load(f"comparison/pictures/{drawn[0]['system']}/a.png")
    assert picture.recipe["seed"] == 3


def test_mistakes_come_before_work(hearsight, sounds, system):
    (sounds / "file").touch()
    for arguments, told in (
        (("sounds/a.wav", "--systems", "no-such-system"), "no-such-system"),
        (("sounds/silent.wav", "--systems", system), "silence"),
        (("nothing*.wav",), "nothing matches"),
        (("sounds/a.wav", "--judge", "nowhere"), "nowhere"),
    ):
        code, out, err = hearsight("compare", *arguments)
        assert (code, out) == (2, "") and told in err and err.count("\n") == 1
    assert not Path("comparison").exists()
