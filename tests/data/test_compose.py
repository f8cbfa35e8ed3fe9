import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hearsight.data import compose
from hearsight.data.compose import BRASS, DIGIT, INK, RAINBOW, SUBJECTS, Subject, make_pictures, picture
from hearsight.errors import DataError

RED, BLUE = (220, 20, 20, 255), (20, 20, 220, 255)


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    yield
    compose._pictograms.cache_clear()
    compose._cutout.cache_clear()


def pictogram(path: Path, left: tuple[int, ...] = RED, right: tuple[int, ...] = BLUE) -> Path:
    """Two halves on a transparent ground."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGBA", (24, 24))
    image.paste(left, (2, 4, 12, 20))
    image.paste(right, (12, 4, 22, 20))
    image.save(path)
    return path


@pytest.fixture
def pairs(tmp_path) -> Path:
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


def draw(folder: Path, subject: Subject, seed: int = 0, size: int = 32) -> np.ndarray:
    return np.asarray(picture(subject, folder, np.random.default_rng(seed), size)).astype(int)


def left_to_right(pixels: np.ndarray) -> float:
    """How far blue lies to the right of red, in pixels."""
    columns = np.arange(pixels.shape[1])
    red, blue = (np.clip(pixels[..., one] - pixels[..., other] - 120, 0, None) for one, other in ((0, 2), (2, 0)))
    return float((blue * columns).sum() / blue.sum() - (red * columns).sum() / red.sum())


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


def test_silhouettes_are_tinted(tmp_path):
    pictogram(tmp_path / "black.png", (0, 0, 0, 255), (0, 0, 0, 255))
    for seed in range(8):
        middle = draw(tmp_path, Subject(("black",), BRASS), seed)[16, 16]
        assert min(np.abs(middle - colour).max() for colour in BRASS) <= 12


def test_a_silhouette_may_be_a_rainbow(tmp_path):
    pictogram(tmp_path / "black.png", (0, 0, 0, 255), (0, 0, 0, 255))
    row = draw(tmp_path, Subject(("black",), RAINBOW, mirrored=False), size=64)[32]
    assert row[16].argmax() == 0 and row[48].argmax() == 2  # red on the left, blue on the right
    assert row[30].argmax() == 1


def test_colours_of_their_own_are_kept(tmp_path):
    pictogram(tmp_path / "red.png", RED, RED)
    assert np.abs(draw(tmp_path, Subject(("red",), BRASS))[16, 16] - RED[:3]).max() <= 2


def test_digits_are_never_mirrored_and_others_are(tmp_path):
    pictogram(tmp_path / "noto_1.png")
    digit = Subject(("noto_*",), mirrored=DIGIT.mirrored)
    assert all(left_to_right(draw(tmp_path, digit, seed)) > 0 for seed in range(24))
    ways = {left_to_right(draw(tmp_path, Subject(("noto_*",)), seed)) > 0 for seed in range(24)}
    assert ways == {True, False}
    assert not any(subject.mirrored for label, subject in SUBJECTS.items() if label.startswith("digit_"))


def test_of_a_keycap_only_the_lettering_is_drawn_in_ink(tmp_path):
    key = Image.new("RGBA", (24, 24), (0, 166, 237, 255))
    key.paste((255, 255, 255, 255), (9, 4, 15, 20))
    key.save(tmp_path / "key.png")
    pixels = draw(tmp_path, Subject(("key",), INK, mirrored=False, lettering=True), size=64)
    ink = min(INK, key=lambda colour: np.abs(pixels[32, 32] - colour).max())
    drawn = np.abs(pixels - ink).max(-1) <= 12
    assert drawn[32, 32] and drawn.any(1).sum() >= 0.7 * 64  # the digit, not the key, fills the picture
    assert pixels[~drawn].min(-1).mean() > 120  # the blue of the key is gone; the ground is pale


def test_a_missing_pictogram_is_named(tmp_path):
    with pytest.raises(DataError, match=r"dog: no pictogram matches \*_1F436\.png.*--pairs"):
        draw(tmp_path / "dog", Subject(("*_1F436",)))
