from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hearsight.data.encodings import ROWS, FreshEncodings, encode_files, fingerprint


class Counted:
    """Encodes a file as the number in it, and counts how often it did."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, file: Path) -> dict[str, Tensor]:
        self.calls += 1
        return {"pair": torch.tensor([[float(file.read_text())], [-1.0]])}


@pytest.fixture
def paths(tmp_path) -> tuple[str, ...]:
    names = tuple(f"{number:03d}.txt" for number in range(ROWS + 3))
    for number, name in enumerate(names):
        (tmp_path / name).write_text(str(number))
    return names


def test_rows_are_what_was_encoded(tmp_path, paths):
    encodings = encode_files(tmp_path, paths, "numbers", "key", Counted())
    fresh = FreshEncodings(tuple(tmp_path / path for path in paths), Counted())
    for index in (0, 1, ROWS - 1, ROWS, ROWS + 2):
        for each in (encodings, fresh):
            assert each.row("pair", index).tolist() == [[index], [-1]]
            assert each.row("pair", index, 0).tolist() == [index]


def test_nothing_is_encoded_twice(tmp_path, paths):
    encode = Counted()
    for _ in range(2):
        encode_files(tmp_path, paths, "numbers", "key", encode)
    assert encode.calls == len(paths)
    encode_files(tmp_path, paths, "numbers", "another key", encode)
    assert encode.calls == 2 * len(paths)


def test_only_the_shard_of_a_changed_file_is_made_anew(tmp_path, paths):
    encode = Counted()
    encode_files(tmp_path, paths, "numbers", "key", encode)
    (tmp_path / paths[-1]).write_text("1000")
    encodings = encode_files(tmp_path, paths, "numbers", "key", encode)
    assert encode.calls == len(paths) + 3
    assert encodings.row("pair", len(paths) - 1, 0).item() == 1000


def test_an_interrupted_caching_goes_on_with_the_next_shard(tmp_path, paths):
    encode = Counted()

    def interrupted(file: Path) -> dict[str, Tensor]:
        if file.name == paths[ROWS + 1]:
            raise KeyboardInterrupt
        return encode(file)

    with pytest.raises(KeyboardInterrupt):
        encode_files(tmp_path, paths, "numbers", "key", interrupted)
    encode.calls = 0
    encode_files(tmp_path, paths, "numbers", "key", encode)
    assert encode.calls == 3


def test_threads_read_at_once(tmp_path, paths):
    encodings = encode_files(tmp_path, paths, "numbers", "key", Counted())
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda index: encodings.row("pair", index, 0).item(), range(len(paths))))
    assert read == list(range(len(paths)))


def test_a_fingerprint_knows_weights_and_settings():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).to(torch.bfloat16)
    before = fingerprint(network, 5)
    assert fingerprint(network, 5) == before != fingerprint(network, 6)
    with torch.no_grad():
        network[0].bias[1] += 1
    assert fingerprint(network, 5) != before
