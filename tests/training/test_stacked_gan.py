from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

import hearsight
from hearsight.conditions.augmentation import AugmentationConfig
from hearsight.config import plain, read_yaml
from hearsight.data.birds import Birds
from hearsight.data.pairs import Item, write_manifest
from hearsight.encoders.speech import SpeechEncoder
from hearsight.encoders.speech_embedding import PictureEncoder, SpeechEmbedding
from hearsight.encoders.speech_embedding import debug as debug_embedding
from hearsight.errors import ConfigError
from hearsight.generators import stacked_discriminator, stacked_gan
from hearsight.generators.relation_classifier import RelationClassifier, RelationConfig
from hearsight.generators.stacked_discriminator import DiscriminatorConfig
from hearsight.generators.stacked_gan import StackedGANConfig, StackedGenerator
from hearsight.hub.network import load_network, save_network
from hearsight.systems.s2igan import S2IGAN, S2IGANConfig
from hearsight.training import recipe
from hearsight.training import stacked_gan as stacked_gan_training
from hearsight.training.adversarial_loss import LossWeights, paper, stackgan_v2
from hearsight.training.config import TrainConfig
from hearsight.training.loop import train
from hearsight.training.stacked_gan import (
    Recipe,
    StackedGANTask,
    at,
    go_on,
    orthogonal_start,
    run,
    settle,
)

EMBED = 16
COLOURS = torch.tensor([[0.8, -0.8, -0.8], [-0.8, -0.8, 0.8]])  # red, blue
HEARD, SEEN = torch.randn(2, 2, EMBED, generator=torch.Generator().manual_seed(0))


class Colours:
    """Two classes, each a sentence and a colour."""

    def __init__(self, side: int, size: int = 8) -> None:
        self.side, self.size = side, size

    def batch(self, index: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(index)

        def pictures(classes: torch.Tensor) -> torch.Tensor:
            noise = 0.1 * torch.randn(self.size, 3, self.side, self.side, generator=generator)
            return (COLOURS[classes][:, :, None, None] + noise).clamp(-1, 1)

        classes = torch.arange(self.size) % 2
        return {
            "pictures": pictures(classes),
            "wrong": pictures(1 - classes),
            "truth": SEEN[classes],
            "same": SEEN[classes] + 0.1,
            "other": SEEN[1 - classes],
            "embeddings": HEARD[classes],
        }


def task(config: StackedGANConfig | None = None, weights: LossWeights | None = None, **options: str) -> StackedGANTask:
    torch.manual_seed(0)
    config = config or stacked_gan.debug(EMBED)
    judges = stacked_discriminator.discriminators(stacked_discriminator.debug(), config)
    relation = RelationClassifier(RelationConfig(embed=EMBED, width=8, outputs=3))
    eye = PictureEncoder(debug_embedding().picture, EMBED)
    generator = StackedGenerator(config)
    return StackedGANTask(generator, judges, weights, relation=relation, eye=eye, **options)  # type: ignore[arg-type]


def gradients(some: StackedGANTask, loss: torch.Tensor) -> dict[str, torch.Tensor | None]:
    some.modules.zero_grad()
    loss.backward(retain_graph=True)
    return {name: weight.grad for name, weight in some.modules.named_parameters()}


def test_one_backward_pass_gives_each_network_its_own_gradient() -> None:
    """The gradient of the sum, weight by weight, is that of the loss which teaches the weight's network."""
    whole = task()
    torch.manual_seed(1)
    scalars = whole.loss(Colours(32).batch(0))
    together = gradients(whole, scalars["loss"])
    assert all(gradient is not None for gradient in together.values())
    generator = scalars["generator"] + 2 * scalars["divergence"] + scalars["relation"]
    for part, loss in (
        ("generator.", generator),
        ("discriminators.", scalars["discriminator"]),
        ("relation.", scalars["relation_classifier"]),
    ):
        alone = gradients(whole, loss)
        for name, gradient in alone.items():
            assert (gradient is not None) == name.startswith(part), name
            if gradient is not None:
                torch.testing.assert_close(gradient, together[name])


def test_every_term_has_a_weight() -> None:
    """An ablation changes the loss by the term that it leaves out."""
    terms = {"divergence": 2.0, "matching": 3.0, "closeness": 4.0, "relation": 1.0}
    for name, weight in terms.items():
        found, all_terms = [], LossWeights(matching=3.0, closeness=4.0)
        for weights in (all_terms, replace(all_terms, **{name: 0.0})):
            some = task(weights=weights)
            torch.manual_seed(1)
            found.append(some.loss(Colours(32).batch(0)))
        removed = weight * found[0][name] + found[0].get("relation_classifier", 0) * (name == "relation")
        torch.testing.assert_close(found[0]["loss"] - found[1]["loss"], removed)
    assert "relation" not in found[1]


def test_stackgan_v2_needs_no_relation_supervisor() -> None:
    config = replace(stacked_gan.debug(EMBED), stacking="plain")
    judges = stacked_discriminator.discriminators(stacked_discriminator.debug(), config)
    baseline = StackedGANTask(StackedGenerator(config), judges, stackgan_v2())
    assert set(baseline.modules) == {"generator", "discriminators", "veil"}
    assert baseline.loss(Colours(32).batch(0))["loss"].isfinite()
    with pytest.raises(ConfigError, match="needs its classifier"):
        StackedGANTask(StackedGenerator(config), judges)
    for name in ("matching", "closeness"):
        with pytest.raises(ConfigError, match=f"relation=0.0, .*{name}=1.0"):
            StackedGANTask(StackedGenerator(config), judges, replace(stackgan_v2(), **{name: 1.0}))


@pytest.mark.parametrize(("term", "less"), [("matching", 0.05), ("closeness", 0.005)])
def test_the_eye_teaches_the_generator_what_was_said(term: str, less: float) -> None:
    """The gradient reaches the generator alone, and descending it makes the eye find the sentences."""
    nothing = LossWeights(conditional=0, unconditional=0, wrong=0, divergence=0, relation=0)
    some = task(weights=replace(nothing, **{term: 1.0}))
    torch.manual_seed(1)
    batch = Colours(32, size=2).batch(0)
    scalars = some.loss(batch)
    taught = {name for name, gradient in gradients(some, scalars[term]).items() if gradient is not None}
    assert taught and all(name.startswith("generator.") for name in taught)
    optimiser = torch.optim.Adam(some.generator.parameters(), 3e-2)
    for _ in range(40):
        optimiser.zero_grad()
        some.loss(batch)["loss"].backward()
        optimiser.step()
    assert some.loss(batch)[term] < scalars[term] - less


def test_judges_may_listen_to_the_drawn_condition() -> None:
    losses = []
    for judged in ("mean", "sample"):
        some = task(judged=judged)
        torch.manual_seed(1)
        losses.append(some.loss(Colours(32).batch(0)))
    assert losses[0]["divergence"] == losses[1]["divergence"]
    assert losses[0]["discriminator"] != losses[1]["discriminator"]


def test_the_eye_stays_as_it_was() -> None:
    some = task()
    assert some.eye is not None
    before = {name: value.clone() for name, value in some.eye.state_dict().items()}
    some.modules.train()
    some.loss(Colours(32).batch(0))["loss"].backward()
    assert all(torch.equal(value, before[name]) for name, value in some.eye.state_dict().items())
    assert all(weight.grad is None for weight in some.eye.parameters())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_resumed_training_is_the_same_to_the_bit(tmp_path: Path, precision: str) -> None:
    def config(steps: int) -> TrainConfig:
        return TrainConfig(
            steps=steps, learning_rate=1e-3, decay="constant", betas=(0.5, 0.999), clip=0, ema=0.9, ema_start="none",
            checkpoint_every=1, log_every=1, precision=precision,  # type: ignore[arg-type]
        )  # fmt: skip

    batches = Colours(32, size=4)
    whole = train(task(), batches, config(4), tmp_path / "whole")
    train(task(), batches, config(2), tmp_path / "parts")
    resumed = train(task(), batches, config(4), tmp_path / "parts")
    for name in ("weights", "average", "optimiser"):
        one, other = (load_file(place / f"{name}.safetensors") for place in (whole, resumed))
        assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
    # The average is what is written; the live weights are another thing and go on from where they were.
    weights, average = (load_file(whole / f"{name}.safetensors") for name in ("weights", "average"))
    key = "painters.2.conv.weight"
    written = load_network(tmp_path / "whole", "stacked_gan", StackedGenerator, StackedGANConfig)
    assert torch.equal(written.state_dict()[key], average[f"generator.{key}"])
    assert not torch.equal(weights[f"generator.{key}"], average[f"generator.{key}"])
    norm = "first.norm.running_mean"
    assert torch.equal(weights[f"generator.{norm}"], average[f"generator.{norm}"])


def test_it_learns_to_draw_what_is_said(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = StackedGANConfig(side=8, stages=1, width=16, noise=4, augmentation=AugmentationConfig(EMBED, width=8))
    judges = stacked_discriminator.discriminators(DiscriminatorConfig(width=16, code=1), config)
    learning = StackedGANTask(StackedGenerator(config), judges, stackgan_v2())
    orthogonal_start(learning.modules)
    settings = TrainConfig(steps=150, learning_rate=4e-3, decay="constant", betas=(0.5, 0.999), clip=0, log_every=50)
    train(learning, Colours(8, size=16), settings, tmp_path)
    learning.modules.train()  # at this rate the running statistics lag behind
    noise, condition_noise = torch.randn(64, 4), torch.randn(64, 8)
    with torch.no_grad():
        colours = learning.generator(HEARD.repeat(32, 1), noise, condition_noise).pictures[0].mean(dim=(2, 3))
    redness = colours[:, 0] - colours[:, 2]
    assert (redness[::2] > 0.5).float().mean() > 0.9 and (redness[1::2] < -0.5).float().mean() > 0.9


def test_real_pictures_at_every_scale() -> None:
    pictures = torch.rand(2, 3, 8, 8)
    assert at(pictures, 8) is pictures
    smaller = at(pictures, 4)
    torch.testing.assert_close(smaller, torch.nn.functional.avg_pool2d(pictures, 2))  # bilinear by half is that


def test_orthogonal_start() -> None:
    generator = StackedGenerator(stacked_gan.debug(EMBED))
    orthogonal_start(generator)
    kernel = generator.later[0].residuals[0].second.weight.flatten(1)
    torch.testing.assert_close(kernel @ kernel.mT, torch.eye(len(kernel)), atol=1e-5, rtol=0)


def test_a_recipe_makes_a_system_of_spoken_birds(tmp_path: Path) -> None:
    birds = Birds(size=16, count=4, held_out=1, sentences=10)
    random, items = np.random.default_rng(0), []
    for number, species in enumerate(2 * birds.species("train")):
        time = np.arange(8000 + 100 * number) / 8000
        syllables = random.normal(0, 0.1, len(time)) * np.sin(4 * np.pi * time) ** 2
        soundfile.write(tmp_path / f"{number}.wav", syllables, 8000)
        items.append(Item(f"{number}.wav", "sound", species.label, "train"))
    write_manifest(tmp_path, items)
    sen = SpeechEmbedding(debug_embedding(3)).eval()
    save_network(tmp_path / "ear", "speech_embedding", sen)
    settings = TrainConfig(steps=2, learning_rate=1e-3, clip=0, log_every=1, checkpoint_every=2)
    small = {"model": stacked_gan.debug(EMBED), "judges": stacked_discriminator.debug()}
    chosen = Recipe(tmp_path, tmp_path / "ear", settings, birds=birds, pictures=2, batch=4, **small)
    system = hearsight.load(run(chosen, tmp_path / "out"), device="cpu")
    assert isinstance(system, S2IGAN)
    assert torch.equal(system.speech.gru.weight_ih_l0, sen.speech.gru.weight_ih_l0)
    assert system(tmp_path / "0.wav")[0].image.size == (32, 32)


def test_a_first_stage_goes_on_with_others_above_it(tmp_path: Path) -> None:
    torch.manual_seed(2)
    config = stacked_gan.debug(EMBED)
    first = StackedGenerator(replace(config, stages=1, stacking="plain"))  # alone, it is stacked on nothing
    speech = debug_embedding().speech
    S2IGAN(S2IGANConfig(speech, first.config), SpeechEncoder(speech), first).save_pretrained(tmp_path)
    whole = StackedGenerator(config)
    later = {name: value.clone() for name, value in whole.state_dict().items() if name not in first.state_dict()}
    go_on(whole, tmp_path)
    assert all(torch.equal(whole.state_dict()[name], value) for name, value in first.state_dict().items())
    assert later and all(torch.equal(whole.state_dict()[name], value) for name, value in later.items())
    with pytest.raises(ConfigError, match="are not the first stages of"):
        go_on(StackedGenerator(replace(config, width=16)), tmp_path)


def test_the_eye_looks_at_pictures_that_vary() -> None:
    some = task()
    assert some.eye is not None
    colours = {
        which: torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8) for which in ("pictures", "same", "wrong")
    }
    varied = {"embeddings": HEARD.repeat(2, 1), **colours}
    with torch.no_grad():
        seen = [some.eye(colours[which] / 127.5 - 1) for which in ("pictures", "same", "wrong")]
    looked = {**varied, **dict(zip(("truth", "same", "other"), seen, strict=True))}
    losses = []
    for batch in (varied, looked, {**looked, "same": seen[2]}):
        torch.manual_seed(1)
        losses.append(some.loss(batch)["relation_classifier"])
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize(
    ("name", "stacking", "judged", "weights", "pictures"),
    [
        ("s2igan", "concatenated", "mean", LossWeights(), 8855),
        ("s2igan_flowers", "concatenated", "mean", LossWeights(), 7034),
        ("s2igan_flickr8k", "concatenated", "mean", LossWeights(relation=0), 6000),
        ("s2igan_paper", "dense", "sample", paper(), 8855),
        ("stackgan", "plain", "mean", stackgan_v2(), 8855),
    ],
)
def test_the_published_recipes(
    name: str, stacking: str, judged: str, weights: LossWeights, pictures: int, spoken_cub: Path, tmp_path: Path
) -> None:
    values = read_yaml(recipe.find(name))
    loop, given = values["train"], {key: value for key, value in values.items() if key != "task"}
    found = recipe.resolve(stacked_gan_training.Recipe, given)
    assert found.model == replace(stacked_gan.published(), stacking=stacking) and found.weights == weights
    assert (found.judges, found.judged) == (stacked_discriminator.published(), judged)
    assert found.train.steps == 600 * pictures / values["batch"] and values["batch"] == 24
    assert (loop["optimiser"], loop["learning_rate"], loop["betas"]) == ("adam", 2e-4, [0.5, 0.999])
    assert (loop["decay"], loop["clip"], loop["ema"], loop["ema_start"]) == ("constant", 0, 0.999, "none")

    sen = SpeechEmbedding(debug_embedding(3)).eval()
    save_network(tmp_path / "ear", "speech_embedding", sen)
    small = {
        **given,
        "data": str(spoken_cub / "cub"),
        "speech": str(spoken_cub / "speech"),
        "ear": str(tmp_path / "ear"),
        "batch": 4,
        "model": plain(replace(stacked_gan.debug(EMBED), stacking=stacking)),
        "judges": plain(stacked_discriminator.debug()),
        "train": {**loop, "steps": 1, "workers": 0},
    }
    out = recipe.start(stacked_gan_training, values["task"], small, tmp_path / "out")
    system = hearsight.load(out, device="cpu")
    assert isinstance(system, S2IGAN) and system.config.generator.stacking == stacking
    assert torch.equal(system.speech.gru.weight_ih_l0, sen.speech.gru.weight_ih_l0)


def test_an_averaged_generator_settles() -> None:
    torch.manual_seed(0)
    painter = StackedGenerator(stacked_gan.debug(EMBED)).eval()
    norm = painter.first.norm
    norm.running_mean += 5.0
    settle(painter, Colours(32), batches=3)
    assert not painter.training and norm.momentum == 0.1
    torch.manual_seed(0)
    means = []
    with torch.no_grad():
        for index in range(3):
            embeddings = Colours(32).batch(index)["embeddings"]
            noise, spread = torch.randn(8, 4), torch.randn(8, 4)
            condition = painter.augmentation(embeddings).sample(spread)
            means.append(painter.first.linear(torch.cat((condition, noise), dim=1)).mean(dim=0))
    torch.testing.assert_close(norm.running_mean, torch.stack(means).mean(dim=0), atol=1e-5, rtol=1e-4)


def test_gradients_of_all_networks_must_not_be_clipped_together() -> None:
    with pytest.raises(ConfigError, match=r"train\.clip=1.*set train\.clip=0"):
        Recipe(Path("data"), Path("ear"), TrainConfig(steps=1, clip=1.0))
