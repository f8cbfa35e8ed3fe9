"""`hearsight evaluate birds` end to end, at sizes that take no time."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.data.bird_colours import COLOURS
from hearsight.data.bird_species import PARTS
from hearsight.data.birds import Birds
from hearsight.data.pairs import Item, write_manifest
from hearsight.encoders import speech_embedding
from hearsight.encoders.clip_resnet import CLIPResNetConfig
from hearsight.encoders.part_colours import PartColours, PartColoursConfig
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.encoders.speech_embedding import SpeechEmbedding
from hearsight.hub.network import save_network
from hearsight.systems import s2igan
from hearsight.systems.s2igan import S2IGAN

METRICS = ["birds' FID", "birds' mAP", "birds' inception score"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two systems, an ear, a reader and a classifier, all with random weights."""
    folder = tmp_path_factory.mktemp("trained")
    torch.manual_seed(0)
    for name in ("first", "second"):
        S2IGAN(s2igan.debug()).save_pretrained(folder / name)
    save_network(folder / "ear", "speech_embedding", SpeechEmbedding(speech_embedding.debug()))
    small = CLIPResNetConfig((1, 1, 1, 1), 8, 32, 32)
    save_network(folder / "reader", "part_colours", PartColours(PartColoursConfig(PARTS, tuple(COLOURS), small, 3)))
    classifier = PictureClassifier(PictureClassifierConfig(("gull", "tern"), size=16, width=4, stages=2))
    return save_network(folder / "species", "picture_classifier", classifier).parent


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sentences about each of two held-out species, and one that training heard."""
    birds, random = Birds(), np.random.default_rng(0)
    syllables = np.sin(4 * np.pi * np.arange(8000) / 8000) ** 2  # a steady noise is no sentence
    told = [(one, "held_out", "f4") for one in birds.species("held_out")[:2] for _ in range(2)]
    items = []
    for number, (one, split, voice) in enumerate([*told, (birds.species("train")[0], "train", "m1")]):
        soundfile.write(tmp_path / f"{number}.wav", syllables * random.normal(0, 0.1, 8000), 8000)
        items.append(Item(f"{number}.wav", "sound", one.label, split, voice))  # type: ignore[arg-type]
    write_manifest(tmp_path, items)
    return tmp_path


def test_two_systems_and_an_ear_are_measured(hearsight, trained, data):
    arguments = ("evaluate", "birds", "--data", data, "--sentences", 2, "--changes", 0, "--device", "cpu")
    systems = ("--system", trained / "first", "--against", trained / "second", "--reader", trained / "reader")
    code, out, err = hearsight(
        *arguments, *systems, "--ear", trained / "ear", "--species", trained / "species", "--json"
    )
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert list(found) == ["ear", str(trained / "first"), str(trained / "second")]
    assert [one["metric"] for one in found["ear"]] == ["R@10 of 100, species", "R@10, own picture"]
    first, second = (found[str(trained / name)] for name in ("first", "second"))
    assert [one["metric"] for one in first] == [one["metric"] for one in second] == [*METRICS, METRICS[-1]]
    assert all(one["samples"] == 4 for one in first + second) and first[0]["value"] != second[0]["value"]
    assert first[2]["network"].startswith("reader of part colours") and set(PARTS) < set(first[2]["details"])
    assert first[3]["network"] == "picture classifier of 2 classes, resized to 16"
    assert 1 <= first[3]["value"] <= 2

    code, out, _ = hearsight(*arguments, *systems)
    assert code == 0 and out.startswith(f"{trained / 'first'}\n  birds' FID: {first[0]['value']:.4g} (95 %: ")
    assert out.count("birds' inception score") == 2 and "ear" not in out.splitlines()


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")
def test_changed_words_are_spoken_drawn_and_kept(hearsight, trained, data, tmp_path):
    arguments = ("--data", data, "--sentences", 2, "--changes", 3, "--reader", trained / "reader", "--out", tmp_path)
    code, out, _ = hearsight("evaluate", "birds", "--system", trained / "first", *arguments, "--json")
    assert code == 0
    *_, obeyed = json.loads(out)[str(trained / "first")]
    assert (obeyed["metric"], obeyed["samples"]) == ("colour words obeyed", 3)
    kept = sorted(path.name for path in (tmp_path / "first").glob("*.png"))
    assert len(kept) == 6 and kept[0].startswith("0000_") and kept[0].endswith("_after.png")
    assert len(list((data / ".cache" / "changed-0").glob("*.opus"))) == 6


def test_a_mistake_is_one_line_and_code_2(hearsight, trained, data):
    arguments = ("evaluate", "birds", "--data", data, "--system", trained / "first", "--reader")
    code, out, err = hearsight(*arguments, trained / "reader", "--sentences", 3)
    assert (code, out) == (2, "") and "2 sentences about" in err and err.count("\n") == 1
    code, _, err = hearsight(*arguments, trained / "ear")
    assert code == 2 and "holds speech_embedding; give the folder of a trained part_colours" in err
