from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hearsight.errors import ConfigError
from hearsight.generators.given_latent import read_latent, sha256_of

LATENT = np.arange(6, dtype=np.float64).reshape(2, 3)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"latent{suffix}" for suffix in (".npy", ".safetensors", ".pt")]
    np.save(files[0], LATENT[None])
    save_file({"latent": torch.from_numpy(LATENT)}, files[1])
    torch.save(torch.from_numpy(LATENT).requires_grad_(), files[2])
    return files


def test_the_same_latent_from_every_kind_of_file_and_from_arrays(files):
    for source in (*files, *map(str, files), LATENT, torch.from_numpy(LATENT)):
        latent = read_latent(source)
        assert latent.dtype == torch.float32 and not latent.requires_grad
        assert latent.tolist() == LATENT.tolist()


def test_a_hash_is_of_the_content(files, tmp_path):
    (tmp_path / "copy.npy").write_bytes(files[0].read_bytes())
    assert sha256_of(files[0]) == sha256_of(tmp_path / "copy.npy") != sha256_of(files[1])
    assert sha256_of(LATENT) == sha256_of(torch.from_numpy(LATENT)) != sha256_of(LATENT + 1)


def test_what_is_no_latent(tmp_path):
    np.save(tmp_path / "nan.npy", np.array([np.nan]))
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    (tmp_path / "broken.pt").write_bytes(b"no")
    save_file({"a": torch.ones(1), "b": torch.ones(1)}, tmp_path / "two.safetensors")
    for name, message in (
        ("none.npy", "there is no such file"),
        ("face.png", "ends with .npy, .safetensors, .pt"),
        ("nan.npy", "not finite"),
        ("words.npy", "does not hold one array"),
        ("two.safetensors", "does not hold one array"),
        ("broken.pt", "no latent that can be read"),
    ):
        with pytest.raises(ConfigError, match=message):
            read_latent(tmp_path / name)
