import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from hearsight.data.captioned_scenes import CaptionedScenes
from hearsight.data.picture_augmentation import PictureAugmentation
from hearsight.data.scenes import FRAMES, Scene, Scenes
from hearsight.data.subjects import SUBJECTS
from hearsight.encoders import brivl_image, clip
from hearsight.encoders.brivl_image import BriVLImage, BriVLImageConfig
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.errors import ConfigError
from hearsight.hub.network import load_network, save_network
from hearsight.samplers.cutouts import CutoutsConfig
from hearsight.training import image_text
from hearsight.training.config import TrainConfig
from hearsight.training.image_text import ImageTextTask, Recipe, Unseen
from hearsight.training.worst_pixels import WorstPixels, WorstPixelsConfig

PLAIN = CutoutsConfig(chance=0.0, noise=0.0)


def recipe(pairs: Path, steps: int = 1, **settings: object) -> Recipe:
    train = TrainConfig(steps=steps, learning_rate=3e-3, log_every=steps, checkpoint_every=steps)
    return Recipe(**{"pairs": pairs, "train": train, "size": "debug", "scenes": 24, "batch": 8, **settings})  # type: ignore[arg-type]


def batches(chosen: Recipe, folder: Path) -> CaptionedScenes:
    scenes, model = Scenes(chosen.pairs, chosen.seed, 32), image_text.begin(chosen)
    assert model.tokenizer is not None
    return image_text.make_batches(scenes, model.tokenizer, chosen, folder)


def test_a_batch_is_a_function_of_its_number(pictograms: Path, tmp_path: Path) -> None:
    source = batches(recipe(pictograms, picture_augmentation=PictureAugmentation()), tmp_path)
    first, again, second = source.batch(0), source.batch(0), source.batch(1)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["pixels"], second["pixels"])
    assert first["pixels"].shape == (8, 3, 32, 32)


def test_plain_views_are_the_pictures_beside_their_captions(pictograms: Path, tmp_path: Path) -> None:
    source = batches(recipe(pictograms, views=PLAIN), tmp_path)
    batch = source.batch(0)
    chosen = [int((source.tokens == row).all(dim=1).nonzero()[0]) for row in batch["tokens"]]
    for row, scene in enumerate(chosen):
        assert batch["alike"][row] == source.alike[scene]
        candidates = np.flatnonzero((source.tokens.numpy() == source.tokens[scene].numpy()).all(axis=1))
        gaps = [np.abs(batch["pixels"][row].numpy() - source.pixels[one] / 255).max() for one in candidates]
        assert min(gaps) < 1e-5


def task(positives: str = "pair", tower: str = "clip") -> ImageTextTask:
    torch.manual_seed(0)
    chosen = recipe(Path("nowhere"), tower=tower, positives=positives)
    return ImageTextTask(image_text.begin(chosen), chosen, Unseen(np.zeros((0, 3, 32, 32), np.uint8), []))  # type: ignore[arg-type]


@pytest.mark.parametrize("tower", ["clip", "brivl_image"])
def test_pairs_give_clips_published_loss_and_every_weight_a_gradient(
    pictograms: Path, tmp_path: Path, tower: str
) -> None:
    learning = task(tower=tower)
    model = learning.model.eval()
    batch = batches(recipe(pictograms, tower=tower), tmp_path).batch(0)
    scalars = learning.loss(batch)
    eye = model.image if isinstance(model.image, BriVLImage) else model
    published = model.loss(model.encode_image(eye.normalise(batch["pixels"])), model.encode_text(batch["tokens"]))
    torch.testing.assert_close(scalars["loss"], published, rtol=1e-4, atol=1e-5)
    scalars["loss"].backward()
    assert not [name for name, weight in model.named_parameters() if weight.grad is None]


def test_scenes_that_look_alike_are_no_negatives(pictograms: Path, tmp_path: Path) -> None:
    batch = batches(recipe(pictograms), tmp_path).batch(0)
    batch["alike"] = torch.zeros(8, dtype=torch.long)
    scalars = task("scene").loss(batch)
    assert scalars["accuracy"] == 1 and task("pair").loss(batch)["accuracy"] < 1
    assert scalars["loss"] > 0


def test_the_worst_pixels_are_worse(pictograms: Path, tmp_path: Path) -> None:
    batch, learning = batches(recipe(pictograms), tmp_path).batch(0), task()
    learning.model.eval()
    plain = learning.loss(batch)["loss"]
    learning.worst_pixels = WorstPixels(WorstPixelsConfig(1.0))
    changed = learning.loss(batch)["loss"]
    assert changed > plain
    changed.backward()
    assert not [name for name, weight in learning.model.named_parameters() if weight.grad is None]


def test_a_clip_goes_on_where_it_stopped(pictograms: Path, tmp_path: Path) -> None:
    torch.manual_seed(3)
    first = CLIP(clip.debug())
    save_network(tmp_path / "first", "clip", first)
    again = image_text.begin(recipe(pictograms, start=tmp_path / "first"))
    assert torch.equal(again.scale, first.scale) and all(one.requires_grad for one in again.parameters())


def test_brivls_tower_learns_beside_the_text_tower_of_a_clip(pictograms: Path, tmp_path: Path) -> None:
    torch.manual_seed(3)
    first = CLIP(replace(clip.debug(), embed=brivl_image.debug().embed))
    save_network(tmp_path / "first", "clip", first)
    towers = image_text.begin(recipe(pictograms, start=tmp_path / "first", tower="brivl_image"))
    assert isinstance(towers.image, BriVLImage)
    torch.testing.assert_close(towers.text.state_dict(), first.text.state_dict(), rtol=0, atol=0)
    assert all(one.requires_grad for one in towers.parameters())
    save_network(tmp_path / "other", "clip", CLIP(replace(clip.debug(), embed=2 * first.config.embed)))
    with pytest.raises(ConfigError, match="take a clip of the same size"):
        image_text.begin(recipe(pictograms, start=tmp_path / "other", tower="brivl_image"))


def test_brivls_tower_goes_on_where_it_stopped(pictograms: Path, tmp_path: Path) -> None:
    torch.manual_seed(3)
    first = BriVLImage(brivl_image.debug())
    save_network(tmp_path / "first", "brivl_image", first)
    towers = image_text.begin(recipe(pictograms, start_image=tmp_path / "first", tower="brivl_image"))
    torch.testing.assert_close(towers.image.state_dict(), first.state_dict(), rtol=0, atol=0)
    assert all(one.requires_grad for one in towers.parameters())
    with pytest.raises(ConfigError, match="set start alone"):
        recipe(pictograms, start_image=tmp_path / "first")


def test_a_text_tower_may_stay_as_it_is(pictograms: Path, tmp_path: Path) -> None:
    save_network(tmp_path / "first", "clip", CLIP(clip.debug()))
    chosen = recipe(pictograms, start=tmp_path / "first", update_text=False)
    model = image_text.begin(chosen)
    assert not any(one.requires_grad for one in model.text.parameters())
    assert all(one.requires_grad for one in (*model.image.parameters(), model.scale))
    with pytest.raises(ConfigError, match="must know something"):
        recipe(pictograms, update_text=False)


def taught(pictograms: Path, folder: Path, closeness: float) -> ImageTextTask:
    """BriVL's tower beside the text tower of a CLIP whose image tower it may learn from."""
    torch.manual_seed(3)
    save_network(folder / "first", "clip", CLIP(replace(clip.debug(), embed=brivl_image.debug().embed)))
    chosen = recipe(pictograms, start=folder / "first", tower="brivl_image", closeness=closeness)
    nothing = Unseen(np.zeros((0, 3, 32, 32), np.uint8), [])
    learning = ImageTextTask(image_text.begin(chosen), chosen, nothing, image_text.open_teacher(chosen))
    learning.model.eval()
    return learning


def test_a_tower_learns_to_see_as_the_one_whose_place_it_takes(pictograms: Path, tmp_path: Path) -> None:
    learning = taught(pictograms, tmp_path, 10.0)
    batch, teacher = batches(learning.recipe, tmp_path).batch(0), learning.teacher
    assert teacher is not None
    alone = taught(pictograms, tmp_path, 0.0)
    alone.model.load_state_dict(learning.model.state_dict())
    assert alone.teacher is None
    with torch.no_grad():
        own, wanted = (image_text.see(model, batch["pixels"]) for model in (learning.model, teacher))
    apart = 1 - torch.cosine_similarity(own, wanted).mean()
    scalars = learning.loss(batch)
    torch.testing.assert_close(scalars["loss"], alone.loss(batch)["loss"] + 10 * apart)
    scalars["loss"].backward()
    assert not [name for name, weight in learning.model.named_parameters() if weight.grad is None]
    assert all(weight.grad is None for weight in teacher.parameters())


def test_what_is_taught_is_the_picture_before_its_worst_pixels(pictograms: Path, tmp_path: Path) -> None:
    learning, seen = taught(pictograms, tmp_path, 10.0), []
    batch = batches(learning.recipe, tmp_path).batch(0)
    learning.worst_pixels = WorstPixels(WorstPixelsConfig(1.0))
    assert learning.teacher is not None
    learning.teacher.image.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    learning.loss(batch)
    (shown,) = seen
    torch.testing.assert_close(shown, learning.teacher.normalise(batch["pixels"]))


@pytest.mark.parametrize(("closeness", "told"), [(-1.0, "must be at least 0"), (1.0, "set start=DIR of a clip")])
def test_closeness_needs_a_weight_and_a_tower(closeness: float, told: str) -> None:
    with pytest.raises(ConfigError, match=f"closeness={closeness}: .*{told}"):
        recipe(Path("nowhere"), closeness=closeness)


@pytest.mark.parametrize("tower", ["clip", "brivl_image"])
def test_towers_learn_and_are_written(pictograms: Path, tmp_path: Path, tower: str) -> None:
    out = image_text.run(recipe(pictograms, 2, tower=tower, picture_augmentation=PictureAugmentation()), tmp_path)
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["scenes"] == image_text.UNSEEN and 0 <= metrics["accuracy_class"] <= 1
    if tower == "clip":
        assert load_network(out, "clip", CLIP, CLIPConfig).config == clip.debug()
    else:
        assert load_network(out, "brivl_image", BriVLImage, BriVLImageConfig).config == brivl_image.debug()


def test_the_loss_falls(pictograms: Path, tmp_path: Path) -> None:
    learning, source = task("scene"), batches(recipe(pictograms, views=PLAIN), tmp_path / "scenes")
    batch = source.batch(1000)
    with torch.no_grad():
        before = learning.loss(batch)["loss"]
    learning.unseen = Unseen(source.pixels[:2], [Scene("dog"), Scene("rain", frame="a photo of ")])
    image_text.train(learning, source, TrainConfig(40, 3e-3, log_every=40), tmp_path / "out")
    assert json.loads((tmp_path / "out/metrics.json").read_text())["scenes"] == 2
    with torch.no_grad():
        assert learning.loss(batch)["loss"] < 0.7 * before


def test_a_batch_larger_than_the_scenes_is_refused() -> None:
    with pytest.raises(ConfigError, match="batch=8: must be from 2 to the number of scenes, 4"):
        replace(recipe(Path("nowhere")), scenes=4)


def test_the_pocket_towers_cost_what_a_search_can_pay() -> None:
    """At most 40 million operations for a view of 64 pixels."""
    for model in (CLIP(clip.pocket()).eval(), BriVLImage(brivl_image.pocket()).eval()):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model.encode_image(torch.zeros(1, 3, 64, 64))
        assert counter.get_total_flops() <= 40e6


def test_the_pocket_reads_the_caption_of_any_scene() -> None:
    longest = max((Scene(label, 3, "orange", frame=frame).caption for label in SUBJECTS for frame in FRAMES), key=len)
    inked = Scene("digit_7", 3, "orange", "purple", FRAMES[1]).caption
    model = CLIP(clip.pocket()).eval()
    assert model.read([longest, inked]).isfinite().all()
