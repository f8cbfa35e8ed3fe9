"""Captions to be spoken: a text file with one a line, or folders of text files as CUB and Oxford-102 have them."""

from dataclasses import dataclass
from pathlib import Path

from hearsight.data.pairs import Split
from hearsight.errors import DataError

TEXT_FOLDERS = ("text_c10", "text")
"""What the folder of captions is called: by Reed, and by StackGAN."""
CLASS_LISTS: dict[str, Split] = {
    "trainvalclasses.txt": "train",
    "trainclasses.txt": "train",
    "valclasses.txt": "train",
    "testclasses.txt": "held_out",
}
"""Lists of classes beside the captions."""


@dataclass(frozen=True)
class Caption:
    """One sentence that is to be spoken."""

    name: str
    """Of the sound file: its path below the folder of speech, without suffix; unique."""
    text: str
    """What is said."""
    label: str
    """The class of what is described; where there are no classes, the name."""
    split: Split = "train"
    """Training never hears what is `held_out`, and those have voices of their own."""


def captions_in(path: Path) -> list[Caption]:
    """The captions of a text file (one a line), or of a folder (`<class>/<picture>.txt`, one a line).

    Of a file, line 7 is called `000007`; of a folder, the first line of `<class>/<picture>.txt` is
    `<class>/<picture>/00`. Lists of classes beside the folder say what is held out. Empty lines are left out. Raises
    DataError where there is no caption.
    """
    if not path.exists():
        raise DataError(f"{path}: does not exist; give a text file of captions, or a folder of them.")
    captions = _of_folder(path) if path.is_dir() else _of_file(path)
    if not captions:
        raise DataError(f"{path}: holds no captions; expected a text file, or <class>/<picture>.txt, one a line.")
    return captions


def read_lines(path: Path) -> list[str]:
    """The lines of a text file without surrounding blanks. Raises DataError for a file that is no text."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        return [line.strip() for line in path.read_text(encoding="latin-1").splitlines()]  # some of Reed's files
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); give a text file.") from None


def text_folder(folder: Path) -> Path | None:
    """The folder of captions in `folder`, or the one below it that has one, if any."""
    places = [folder, *sorted(one for one in folder.iterdir() if one.is_dir())]
    return next((place / name for place in places for name in TEXT_FOLDERS if (place / name).is_dir()), None)


def class_splits(folders: list[Path]) -> dict[str, Split]:
    """The split of every class that a list in one of the folders names."""
    lists = [(folder / name, split) for folder in folders for name, split in CLASS_LISTS.items()]
    return {label: split for path, split in lists if path.is_file() for label in read_lines(path) if label}


def _of_file(path: Path) -> list[Caption]:
    named = ((f"{number:06}", line) for number, line in enumerate(read_lines(path), start=1) if line)
    return [Caption(name, line, name) for name, line in named]


def _of_folder(path: Path) -> list[Caption]:
    texts = text_folder(path) or path
    splits = class_splits([texts, texts.parent])
    return [
        Caption(f"{label}/{file.stem}/{number:02}", line, label, splits.get(label, "train"))
        for label, file in sorted((file.parent.name, file) for file in texts.glob("*/*.txt"))
        for number, line in enumerate(read_lines(file))
        if line
    ]
