import numpy as np
import torch
from torch import Tensor

from hearsight.data.triples import Triples
from hearsight.encoders.tokenizer import ByteTokenizer

TEXTS = (("a", "one a"), ("b",), ("c", "cc", "ccc"))


class Numbers:
    """Sounds and pictures that are the number of their class and a random one."""

    def heard(self, classes: np.ndarray, random: np.random.Generator) -> dict[str, Tensor]:
        return {"waveform": self.seen(classes, random)}

    def seen(self, classes: np.ndarray, random: np.random.Generator) -> Tensor:
        return torch.from_numpy(np.stack((classes, random.random(len(classes))), axis=1))


def triples(**settings: object) -> Triples:
    standard = {"sounds": Numbers(), "pictures": Numbers(), "texts": TEXTS, "tokenizer": ByteTokenizer(8)}
    return Triples(**{**standard, "size": 7, "seed": 0, **settings})  # type: ignore[arg-type]


def test_rows_are_of_one_class() -> None:
    batch = triples().batch(3)
    classes = batch["classes"]
    assert torch.equal(batch["waveform"][:, 0], classes) and torch.equal(batch["pixels"][:, 0], classes)
    for label, tokens in zip(classes.tolist(), batch["tokens"], strict=True):
        assert any(torch.equal(tokens, ByteTokenizer(8)([text])[0]) for text in TEXTS[label])


def test_a_batch_is_a_function_of_seed_and_number() -> None:
    batches = triples()
    batches.batch(0)
    late, alone = batches.batch(5), triples().batch(5)
    assert all(torch.equal(late[key], alone[key]) for key in late)
    assert not torch.equal(late["waveform"], batches.batch(6)["waveform"])
    assert not torch.equal(late["waveform"], triples(seed=1).batch(5)["waveform"])


def test_without_an_image_head_no_pictures_are_drawn() -> None:
    assert "pixels" not in triples(pictures=None).batch(0)
