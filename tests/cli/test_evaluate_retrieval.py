import json
from pathlib import Path

import pytest
from PIL import Image

from hearsight.data.find_shared_space import find_shared_space
from hearsight.evaluation.pair_retrieval import measure
from hearsight.sound import Sound


@pytest.fixture
def data(sounds) -> Path:
    """Three classes of one held-out sound and two pictures each."""
    folder = sounds.parent / "data"
    for number, name in enumerate(("a.wav", "b.ogg", "c.flac")):
        label = name.partition(".")[0]
        for kind in ("sounds", "pictures"):
            (folder / kind / "held_out" / label).mkdir(parents=True)
        (sounds / name).rename(folder / "sounds" / "held_out" / label / name)
        for copy in range(2):
            image = Image.new("RGB", (40, 40), (80 * number, 250 - 90 * number, 100 * copy))
            image.save(folder / "pictures" / "held_out" / label / f"{copy}.png")
    assert Sound.read(folder / "sounds" / "held_out" / "a" / "a.wav").audible
    return folder


def test_the_numbers_are_those_of_the_measurement(hearsight, data, system):
    code, out, err = hearsight("evaluate", "retrieval", "--data", data, "--with", system, "--json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert list(rows)[:2] == ["sound to picture", "sound to text"]
    assert len(rows) == 6
    for direction in measure(find_shared_space([str(system)]), data):
        row = rows[f"{direction.query} to {direction.candidate}"]
        assert (row["queries"], row["candidates"]) == (len(direction.found.ranks), direction.candidates)
        for depth in (1, 5, 10):
            assert row[f"recall@{depth}"] == direction.found.recall(depth)
        assert row["mAP"] == direction.found.mean_average_precision
        low, high = row["intervals"]["mAP"]
        assert low <= row["mAP"] <= high


def test_the_printed_table(hearsight, data, system):
    code, out, _ = hearsight("evaluate", "retrieval", "--data", data, "--with", system)
    assert code == 0
    assert "sound to picture: 3 queries, 6 candidates" in out
    assert out.count("recall@1 ") == 6
    assert "(95 %: " in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "nowhere"), "nowhere: holds no held_out sound"),
        (("--data", "DATA", "--split", "train"), "holds no train sound"),
        (("--data", "DATA", "--pairing", "colour"), "'label', 'group'"),
        (("--data", "DATA", "--with", "nothing"), "nothing: neither a system"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(hearsight, data, system, arguments, message):
    named = [str(data) if argument == "DATA" else argument for argument in arguments]
    code, out, err = hearsight("evaluate", "retrieval", *named, *(() if "--with" in named else ("--with", system)))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
