import gc
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from hearsight.evaluation import contestants as entering
from hearsight.evaluation.comparison import Drawn, Heard, Verdict, class_of, compare, remarks
from hearsight.evaluation.contestants import contestants
from hearsight.picture import Picture
from hearsight.sound import Sound

LABELS = ("dog", "sea_waves", "digit_7", "blue", "red")


@pytest.fixture
def systems(system, tmp_path):
    """Two that draw, and one in between whose weights are damaged."""
    for name in ("a", "b", "c"):
        system.save_pretrained(tmp_path / "systems" / name)
    (tmp_path / "systems" / "b" / "unet.safetensors").write_bytes(b"damaged")
    return contestants([str(tmp_path / "systems")])


@pytest.fixture
def heard(data) -> list[Heard]:
    paths = [data / "sounds" / "held_out" / "blue" / "blue0.wav", data / "sounds" / "held_out" / "red" / "red0.wav"]
    return [Heard(path, path.stem, Sound.read(path), label) for path, label in zip(paths, ("blue", None), strict=True)]


def test_every_sound_meets_every_system_and_failures_are_reasons(heard, systems, judge, system, tmp_path) -> None:
    steps = []
    found = compare(
        heard, systems, judge, seed=4, folder=tmp_path / "out", progress=lambda *step: steps.append(step), device="cpu"
    )
    assert [[drawn.reason == "" for drawn in row] for row in found.drawn] == [[True, False, True]] * 2
    assert "unet.safetensors: not a safetensors file" in found.drawn[1][1].reason
    first, _, third = found.drawn[0]
    alone = system(heard[0].path, seed=4)[0]
    assert first.picture.image.tobytes() == third.picture.image.tobytes() == alone.image.tobytes()
    assert first.seconds > 0 and 0 <= first.verdict.own <= first.verdict.probability <= 1
    assert found.drawn[1][0].verdict.own is None
    kept = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png"))
    assert kept == ["a/blue0.png", "a/red0.png", "c/blue0.png", "c/red0.png"]
    assert Picture.load(tmp_path / "out" / "a" / "blue0.png").recipe["seed"] == 4
    assert steps[0] == ("waking up a", 0, 6) and steps[-1] == ("c: red0", 5, 6)

    rows = found.plain()
    assert len(rows) == 6 and rows[1].keys() == {"sound", "class", "system", "seed", "reason"}
    assert rows[0]["class"] == "blue" and rows[0]["probability of its class"] == pytest.approx(
        first.verdict.own, abs=1e-4
    )
    assert rows[3]["class"] is None and "probability of its class" not in rows[3]


def test_one_system_is_in_memory_at_a_time(heard, systems, judge, monkeypatch) -> None:
    alive: list[weakref.ref] = []
    counts = []
    load = entering.load

    def counted(*arguments, **options):
        gc.collect()
        counts.append(sum(one() is not None for one in alive))
        system = load(*arguments, **options)
        alive.append(weakref.ref(system))
        return system

    monkeypatch.setattr(entering, "load", counted)
    compare(heard[:1], [one for one in systems if one.name != "b"], judge, device="cpu")
    assert counts == [0, 0]


def test_a_sound_that_a_system_cannot_hear_is_a_reason_of_its_cell(heard, systems, judge) -> None:
    gone = replace(heard[0], path=Path("gone.wav"))
    found = compare([gone, heard[1]], systems[:1], judge, device="cpu")
    assert "gone.wav" in found.drawn[0][0].reason and found.drawn[1][0].picture is not None


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("x/rain.ogg", None),
        ("x/dog.ogg", "dog"),
        ("x/Sea-Waves.wav", "sea_waves"),
        ("x/a dog barking.wav", "dog"),
        ("x/seven.ogg", "digit_7"),
        ("x/7.ogg", None),
        ("digit_7/dog.wav", "digit_7"),
        ("red/1.wav", "red"),
        ("dog/x/1.wav", None),
    ],
)
def test_a_class_is_known_by_the_name_of_the_folder_or_the_file(path, label) -> None:
    assert class_of(Path(path), LABELS) == label


def test_remarks_say_class_likeness_and_time(heard) -> None:
    picture = Picture.__new__(Picture)
    known, unknown = heard
    right = Drawn(picture, 0.5, Verdict("blue", 0.9, 0.9))
    wrong = Drawn(picture, 12.3, Verdict("digit_7", 0.8, 0.1))
    assert remarks(right, known) == ["blue 90%", "0.50 s"]
    assert remarks(wrong, known) == ["blue 10%", "most like digit seven 80%", "12 s"]
    assert remarks(Drawn(picture, 0.5, Verdict("blue", 0.9)), unknown) == ["most like blue 90%", "0.50 s"]
    assert remarks(Drawn(reason="too quiet"), known) == ["too quiet"]
