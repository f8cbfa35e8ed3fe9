import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hearsight.data.compose import make_pictures, picture
from hearsight.data.subjects import SUBJECTS, Subject
from hearsight.errors import DataError

RED = (220, 20, 20, 255)


@pytest.fixture
def pairs(pictogram, tmp_path) -> Path:
    """One pictogram for every pattern of every class, all of tier A."""
    files = []
    for label, subject in SUBJECTS.items():
        for pattern in subject.patterns:
            name = pattern.replace("*", "any").replace("?", "0")
            files.append(pictogram(tmp_path / "pairs" / "pictograms" / label / f"{name}.png"))
    sources(tmp_path / "pairs", dict.fromkeys(files, "A"))
    return tmp_path / "pairs"


def sources(pairs: Path, tiers: dict[Path, str]) -> None:
    with (pairs / "SOURCES.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "tier", "source_repository", "licence", "attribution"])
        writer.writerows([path.relative_to(pairs), tier, "here", "CC0", "somebody"] for path, tier in tiers.items())


def test_a_picture_depends_on_seed_split_class_and_number_alone(pairs, tmp_path):
    few = list(make_pictures(pairs, tmp_path / "few", train=1, held_out=1, size=16, workers=1))
    many = list(make_pictures(pairs, tmp_path / "many", train=2, held_out=1, size=16, workers=2))
    other = list(make_pictures(pairs, tmp_path / "other", train=1, held_out=1, size=16, seed=1, workers=1))
    assert len(few) == 60
    assert set(few) < set(many)
    contents = [(tmp_path / "few" / item.path).read_bytes() for item in few]
    assert contents == [(tmp_path / "many" / item.path).read_bytes() for item in few]
    assert len(set(contents)) == 60  # another split, another class: another picture
    assert not set(contents) & {(tmp_path / "other" / item.path).read_bytes() for item in other}


def test_every_picture_says_what_it_was_made_of(pairs, tmp_path):
    item = next(iter(make_pictures(pairs, tmp_path, train=1, held_out=0, size=16, workers=1)))
    assert (item.path, item.kind, item.label, item.split) == (
        "pictures/train/chainsaw/0000.png",
        "picture",
        "chainsaw",
        "train",
    )
    assert item.group == "gameicons_delapouite-chainsaw"
    assert (item.source, item.licence, item.attribution) == ("here", "CC0", "somebody")
    with Image.open(tmp_path / item.path) as image:
        assert (image.size, image.mode) == ((16, 16), "RGB")


def test_what_is_there_is_kept_and_what_is_missing_is_made_again(pairs, tmp_path):
    first, second = list(make_pictures(pairs, tmp_path, train=1, held_out=0, size=16, workers=1))[:2]
    before = (tmp_path / first.path).read_bytes()
    (tmp_path / first.path).unlink()
    (tmp_path / second.path).write_bytes(b"kept")
    list(make_pictures(pairs, tmp_path, train=1, held_out=0, size=16, workers=1))
    assert (tmp_path / first.path).read_bytes() == before
    assert (tmp_path / second.path).read_bytes() == b"kept"


def test_a_pictogram_from_which_nothing_may_be_released_is_refused(pairs, tmp_path):
    files = sorted(pairs.rglob("*.png"))
    sources(pairs, {path: "B" if path.parent.name == "banjo" else "A" for path in files})
    with pytest.raises(DataError, match=r"banjo.*not of tier A"):
        list(make_pictures(pairs, tmp_path, train=1, held_out=0, size=16, workers=1))


def test_scale_place_and_ground_vary(pictogram, tmp_path):
    pictogram(tmp_path / "red.png", RED, RED)
    drawn = [np.asarray(picture(Subject(("red",)), tmp_path, np.random.default_rng(seed), 64)) for seed in range(16)]
    boxes = [Image.fromarray(np.abs(one.astype(int) - RED[:3]).max(-1) < 8).getbbox() for one in drawn]
    assert len({(right - left, lower - upper) for left, upper, right, lower in boxes}) > 6
    assert len({(left, upper) for left, upper, _, _ in boxes}) > 6
    assert all(left >= 0 and right <= 64 and right - left >= 0.7 * 64 for left, _, right, _ in boxes)
    assert np.std([one[0, 0] for one in drawn], axis=0).min() > 5
    assert min(one[0, 0].min() for one in drawn) > 120  # pale
