import json
from pathlib import Path

import numpy as np
import torch

from hearsight.data.bird_colours import COLOURS, colour_word
from hearsight.data.bird_species import PARTS
from hearsight.data.birds import Birds
from hearsight.encoders.clip_resnet import CLIPResNetConfig
from hearsight.encoders.part_colours import PartColours, PartColoursConfig
from hearsight.hub.network import load_network
from hearsight.training.config import TrainConfig
from hearsight.training.part_colours import AnyBirds, PartColoursTask, Recipe, run

SMALL = PartColoursConfig(PARTS, tuple(COLOURS), CLIPResNetConfig((1, 1, 1, 1), 8, 32, 32), 16)


def test_birds_of_any_colours() -> None:
    batches = AnyBirds(Birds(size=64, count=4, held_out=1), 12, 0)
    one, again = batches.batch(2), batches.batch(2)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["words"], batches.batch(3)["words"])
    assert one["pixels"].shape == (12, 3, 64, 64) and one["words"].shape == (12, len(PARTS))
    seen = 0
    for pixels, words in zip(one["pixels"], one["words"], strict=True):
        shown = ((pixels + 1) * 127.5).flatten(1).T.numpy()
        there = {colour_word(colour) for colour in np.unique(shown.round(), axis=0)}
        seen += list(COLOURS)[words[PARTS.index("body")]] in there
    assert seen == 12


def test_a_recipe_makes_a_reader(tmp_path: Path) -> None:
    settings = TrainConfig(steps=3, learning_rate=1e-3, log_every=1, checkpoint_every=3)
    out = run(Recipe(settings, SMALL, Birds(size=32, count=4, held_out=1), batch=4, unseen=6), tmp_path)
    reader = load_network(out, "part_colours", PartColours, PartColoursConfig)
    assert reader.config == SMALL
    shares = json.loads((out / "metrics.json").read_text())["accuracy_unseen"]
    assert list(shares) == list(PARTS) and all(0 <= share <= 1 for share in shares.values())


def test_it_learns() -> None:
    torch.manual_seed(0)
    task = PartColoursTask(PartColours(SMALL).train())
    batch = AnyBirds(Birds(size=32, count=4, held_out=1), 16, 0).batch(0)
    optimiser = torch.optim.AdamW(task.modules.parameters(), 3e-3)
    losses = []
    for _ in range(25):
        scalars = task.loss(batch)
        optimiser.zero_grad()
        scalars["loss"].backward()
        optimiser.step()
        losses.append(float(scalars["loss"].detach()))
    assert losses[-1] < 0.7 * losses[0]
