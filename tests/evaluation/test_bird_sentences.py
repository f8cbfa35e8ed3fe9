from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.data.bird_colours import COLOURS
from hearsight.data.bird_species import PARTS
from hearsight.data.birds import Birds
from hearsight.data.pairs import Item, write_manifest
from hearsight.encoders.clip_resnet import CLIPResNetConfig
from hearsight.encoders.part_colours import PartColours, PartColoursConfig
from hearsight.encoders.speech_embedding import SpeechEmbedding
from hearsight.encoders.speech_embedding import debug as debug_embedding
from hearsight.errors import DataError
from hearsight.evaluation.bird_sentences import Sentences, drawings, likeness, recall
from hearsight.systems.s2igan import S2IGAN, debug

BIRDS = Birds(size=32, count=6, held_out=4, sentences=10)


def spoken(folder: Path, voice: str = "f4") -> Path:
    random, syllables = np.random.default_rng(0), np.sin(4 * np.pi * np.arange(8000) / 8000) ** 2
    items = []
    for species in BIRDS.species():
        for number in range(3):
            name = f"{species.number}-{number}.wav"
            soundfile.write(folder / name, syllables * random.normal(0, 0.1, 8000), 8000)
            split = BIRDS.split(species)
            items.append(Item(name, "sound", species.label, split, voice if split == "held_out" else "m1"))
    write_manifest(folder, items)
    return folder


def test_sentences_that_were_held_out(tmp_path: Path) -> None:
    sentences = Sentences.held_out(spoken(tmp_path), BIRDS, 2)
    assert len(sentences.paths) == 8 and set(sentences.species) == set(BIRDS.species("held_out"))
    pairs = zip(sentences.paths, sentences.species, strict=True)
    assert all(path.name.startswith(f"{one.number}-") for path, one in pairs)
    with pytest.raises(DataError, match=r"3 sentences about .*, where 5 are needed"):
        Sentences.held_out(tmp_path, BIRDS, 5)
    with pytest.raises(DataError, match="the voice 'm1' is heard in training too"):
        Sentences.held_out(spoken(tmp_path, voice="m1"), BIRDS, 2)


def test_recall_and_likeness(tmp_path: Path) -> None:
    sentences = Sentences.held_out(spoken(tmp_path), BIRDS, 2)
    torch.manual_seed(0)
    species, own = recall(SpeechEmbedding(debug_embedding()).eval(), BIRDS, sentences, k=10)
    assert species.metric == "R@10 of 100, species" and species.samples == own.samples == 8
    assert 0 <= own.value <= species.value <= 1

    drawn = drawings(S2IGAN(debug()), sentences)
    assert [picture.size for picture in drawn] == [(32, 32)] * 8
    reader = PartColours(PartColoursConfig(PARTS, tuple(COLOURS), CLIPResNetConfig((1, 1, 1, 1), 8, 32, 32), 4)).eval()
    distance, precision = likeness(drawn, sentences, BIRDS, reader)
    assert distance.value > 0 and 0 < precision.value <= 1 and distance.network == precision.network
    true = [BIRDS.picture(one, number) for number, one in enumerate(sentences.species)]
    nearer, better = likeness(true, sentences, BIRDS, reader)
    assert nearer.value < distance.value and better.samples == 8
