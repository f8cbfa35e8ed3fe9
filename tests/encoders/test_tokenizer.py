import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearsight.encoders.tokenizer import ByteTokenizer, CLIPTokenizer
from hearsight.errors import ConfigError, WeightsError


def test_bytes_between_start_and_end() -> None:
    tokens = ByteTokenizer(context=8)(["Dog", "é"])
    assert tokens.tolist() == [
        [257, ord("d") + 1, ord("o") + 1, ord("g") + 1, 258, 0, 0, 0],
        [257, 0xC3 + 1, 0xA9 + 1, 258, 0, 0, 0, 0],
    ]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30))
def test_every_text_can_be_told_back(text: str) -> None:
    row = ByteTokenizer(context=200)([text])[0].tolist()
    end = row.index(ByteTokenizer.END)
    assert row[0] == ByteTokenizer.START and max(row) == ByteTokenizer.END and not any(row[end + 1 :])
    assert bytes(token - 1 for token in row[1:end]).decode() == " ".join(text.lower().split())


def test_no_texts_are_no_rows() -> None:
    assert ByteTokenizer(context=8)([]).shape == (0, 8)


def test_what_does_not_fit_is_refused() -> None:
    assert ByteTokenizer(context=8)(["violin"]).shape == (1, 8)
    with pytest.raises(ConfigError, match=r"'a violin'.*10 tokens.*at most 8"):
        ByteTokenizer(context=8)(["a violin"])


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    """A vocabulary in CLIP's two files: letters, letters that end a word, one merge, start and end."""
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    words = [*letters, *(letter + "</w>" for letter in letters), "do", "dog</w>", "<|startoftext|>", "<|endoftext|>"]
    (tmp_path / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\nd o\ndo g</w>\n")
    return tmp_path


def test_clip_pairs_from_a_folder(vocabulary: Path) -> None:
    tokens = CLIPTokenizer(vocabulary, context=8)(["a  DOG", "do"])
    assert tokens.tolist() == [[54, 26, 53, 55, 0, 0, 0, 0], [54, 3, 40, 55, 0, 0, 0, 0]]
    with pytest.raises(ConfigError, match="at most 4"):
        CLIPTokenizer(vocabulary, context=4)(["dog a dog"])


def test_absent_vocabulary_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no vocab\.json and no merges\.txt; give the folder"):
        CLIPTokenizer(tmp_path)


def test_a_vocabulary_that_is_not_clips_is_refused(vocabulary: Path) -> None:
    words = json.loads((vocabulary / "vocab.json").read_text())
    words["<|endoftext|>"], words["a"] = words["a"], words["<|endoftext|>"]
    (vocabulary / "vocab.json").write_text(json.dumps(words))
    with pytest.raises(WeightsError, match="largest token"):
        CLIPTokenizer(vocabulary)
