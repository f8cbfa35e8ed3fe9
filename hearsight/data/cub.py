"""CUB-200-2011 and Oxford-102 with Reed's captions, and what else comes in their layout, Birds in Miniature included.

    CUB/                              OXFORD/
      [CUB_200_2011/]                   [Oxford102/]
        images/<class>/<name>.jpg         images/<class>/<name>.jpg, images/<name>.jpg or jpg/<name>.jpg
        images.txt                        audio/<class>/<name>/*        what is said, if anything
        bounding_boxes.txt
        audio/<class>/<name>/*
      text_c10/<class>/<name>.txt       text_c10/<class>/<name>.txt     ten captions, one a line (or text/)
      trainvalclasses.txt               trainvalclasses.txt             and testclasses.txt, as Reed has them, or
      train/filenames.pickle            train/filenames.pickle          and test/, as StackGAN and S2IGAN have them

Wah et al. (2011); Nilsback, Zisserman (2008); captions by Reed, Akata, Schiele, Lee (2016). Both are split by class:
150 and 50 of the birds, 82 and 20 of the flowers.
"""

from collections.abc import Iterator
from pathlib import Path

from hearsight.data.captions import class_splits, read_lines, text_folder
from hearsight.data.described import Described, find_picture, pickled_keys, require, sounds_in
from hearsight.data.pairs import Split
from hearsight.errors import DataError

PICTURES = ("images", "jpg")
"""What the folder of pictures is called."""
EXPECTED = "pictures in images/ or jpg/, captions in text_c10/ or text/, speech in audio/, and lists of the two splits"


def read_cub(folder: Path, audio: Path | None = None) -> list[Described]:
    """The described pictures of a folder in CUB's or Oxford-102's layout, those to train on first.

    A picture needs captions or speech; one that has neither, or is on no list, is left out. Boxes are read where
    `bounding_boxes.txt` is there. `audio` is a folder of speech elsewhere, such as `hearsight data speak` makes.

    Raises DataError where nothing is found, or a list cannot be read.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: is no folder; expected {EXPECTED}.")
    root = _root(folder)
    texts, speech, boxes = text_folder(folder), audio or root / "audio", _boxes(root)
    return require(_described(folder, root, texts, speech, boxes), folder, EXPECTED)


def _described(
    folder: Path, root: Path, texts: Path | None, speech: Path, boxes: dict[str, tuple[int, int, int, int]]
) -> Iterator[Described]:
    for key, split in _splits(folder, root, texts, speech).items():
        name = key.rpartition("/")[2]
        picture = find_picture(*(root / pictures / stem for pictures in PICTURES for stem in (key, name)))
        written = texts / f"{key}.txt" if texts else None
        captions = tuple(filter(None, read_lines(written))) if written and written.is_file() else ()
        said = sounds_in(speech / key)
        if picture and (captions or said):
            yield Described(key, picture, key.partition("/")[0], split, captions, said, boxes.get(key))


def _root(folder: Path) -> Path:
    """The folder with the pictures: this one, or one in it."""
    places = [folder, *sorted(one for one in folder.iterdir() if one.is_dir())]
    found = next((place for place in places if any((place / name).is_dir() for name in PICTURES)), None)
    if found is None:
        raise DataError(f"{folder}: has no folder of pictures; expected {EXPECTED}.")
    return found


def _splits(folder: Path, root: Path, texts: Path | None, speech: Path) -> dict[str, Split]:
    """The split of every picture, `<class>/<name>`, that is on a list."""
    by_class = class_splits([folder, root, *([texts, texts.parent] if texts else [])])
    described = _described_keys(texts, speech)
    if by_class:
        return {key: by_class[key.partition("/")[0]] for key in described if key.partition("/")[0] in by_class}
    full = {key.rpartition("/")[2]: key for key in described}  # StackGAN's flowers are listed as jpg/<name>
    listed = pickled_keys(folder) or pickled_keys(root)
    if not listed:
        raise DataError(f"{folder}: does not say what is held out; add trainvalclasses.txt and testclasses.txt.")
    return {full.get(key.rpartition("/")[2], key): split for key, split in listed.items()}


def _described_keys(texts: Path | None, speech: Path) -> list[str]:
    written = [path.relative_to(texts).with_suffix("") for path in texts.glob("*/*.txt")] if texts else []
    said = [path.relative_to(speech) for path in speech.glob("*/*") if path.is_dir()]
    return sorted({path.as_posix() for path in [*written, *said]})


def _boxes(root: Path) -> dict[str, tuple[int, int, int, int]]:
    """Boxes by picture, from `images.txt` and `bounding_boxes.txt`, which number the pictures in the same way."""
    names, boxes = root / "images.txt", root / "bounding_boxes.txt"
    if not (names.is_file() and boxes.is_file()):
        return {}
    keys = {row[0]: row[1].rpartition(".")[0] for row in _rows(names, 2)}
    try:
        found = {keys[number]: [int(float(side)) for side in sides] for number, *sides in _rows(boxes, 5)}
    except (ValueError, KeyError) as error:
        raise DataError(f"{boxes}: does not fit images.txt ({error}); take both from one CUB-200-2011.") from None
    return {key: (left, top, width, height) for key, (left, top, width, height) in found.items()}


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    for number, line in enumerate(read_lines(path), start=1):
        row = line.split()
        if row and len(row) != columns:
            raise DataError(f"{path}: line {number} has {len(row)} columns instead of {columns}; fetch it again.")
        if row:
            yield row
