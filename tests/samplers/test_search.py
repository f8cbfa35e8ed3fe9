"""The search, on real small networks: StyleGAN2 and VQGAN drawn, CLIP's image head looking."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.conditions.likeness import Target, unlikeness
from hearsight.encoders.clip_resnet import CLIPResNet, CLIPResNetConfig, normalise
from hearsight.errors import ConfigError
from hearsight.generators import stylegan2, vqgan
from hearsight.generators.clamped import unit_pixels
from hearsight.generators.stylegan2 import StyleGAN2
from hearsight.generators.vqgan import VQGAN
from hearsight.samplers import search_config as presets
from hearsight.samplers.cutouts import CutoutsConfig, cutouts, whole
from hearsight.samplers.search import Found, Progress, search
from hearsight.samplers.search_config import SearchConfig
from hearsight.seeds import generator

EMBED = 8
CONFIG = SearchConfig(steps=6, rate=0.1, cutouts=CutoutsConfig(count=2, size=32))
STILL = replace(CONFIG, cutouts=whole(32))


@pytest.fixture(scope="module")
def eye() -> CLIPResNet:
    torch.manual_seed(1)
    eye = CLIPResNet(CLIPResNetConfig((1, 1, 1, 1), width=8, size=32, head_width=32), EMBED)
    for stage in eye.stages:
        torch.nn.init.ones_(stage[0].bn3.weight)  # untrained, it would look at shortcuts only
    return eye.eval()


@pytest.fixture(scope="module")
def look(eye: CLIPResNet) -> Callable[[Tensor], Tensor]:
    return lambda pixels: eye(normalise(pixels))


@pytest.fixture(scope="module")
def face_maker() -> StyleGAN2:
    torch.manual_seed(2)
    return StyleGAN2(stylegan2.debug()).eval()


@pytest.fixture(scope="module")
def painter() -> VQGAN:
    torch.manual_seed(3)
    painter = VQGAN(vqgan.debug()).eval()
    torch.nn.init.normal_(painter.codebook)
    return painter


class Faces:
    """Searches in W of the StyleGAN2."""

    def __init__(self, network: StyleGAN2, look: Callable[[Tensor], Tensor]) -> None:
        self.network, self.look = network, look

    def decode(self, w: Float[Tensor, "batch style_width"]) -> Float[Tensor, "batch 3 size size"]:
        return unit_pixels(self.network(w))

    def wanted(self, seed: int) -> list[Target]:
        """To be like another face."""
        with torch.no_grad():
            picture = self.decode(self.network.random_w(torch.Generator().manual_seed(1000 + seed))[None])
            return [Target(self.look(cutouts(picture[0], whole(32)))[0])]

    def __call__(self, seeds: list[int], config: SearchConfig, **others: object) -> Found:
        settings = {"start": self.network.random_w, "targets": [self.wanted(seed) for seed in seeds]} | others
        return search(settings.pop("decode", self.decode), self.look, seeds=seeds, config=config, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def faces(face_maker: StyleGAN2, look: Callable[[Tensor], Tensor]) -> Faces:
    return Faces(face_maker, look)


def test_a_search_finds(faces: Faces) -> None:
    """The loss falls; what is given back is the best seen, and its loss is the loss of its picture."""
    losses: list[float] = []
    found = faces([1], replace(STILL, steps=20), callback=lambda progress: losses.append(float(progress.loss[0])))
    assert found.loss[0] < 0.7 * losses[0]
    assert found.loss[0] <= min(losses)
    with torch.no_grad():
        picture = faces.decode(found.latent)
        again = unlikeness(faces.look(cutouts(picture[0], whole(32))), faces.wanted(1))
    assert torch.equal(picture, found.pictures)
    assert float(again) == pytest.approx(float(found.loss[0]), rel=1e-5)
    assert found.interruption is None


def test_against(faces: Faces) -> None:
    away = [[Target(faces.wanted(1)[0].embedding, -1.0)]]
    losses: list[float] = []
    found = faces([1], replace(STILL, steps=10), targets=away, callback=lambda now: losses.append(float(now.loss[0])))
    assert found.loss[0] < losses[0]


def test_a_picture_does_not_depend_on_its_company(faces: Faces) -> None:
    alone = faces([7], CONFIG)
    among = faces([5, 7, 9], CONFIG)
    assert torch.equal(among.pictures[1], alone.pictures[0])
    assert torch.equal(among.latent[1], alone.latent[0])
    assert not torch.equal(among.pictures[0], among.pictures[1])
    together = faces([5, 7], replace(STILL, together=2))
    torch.testing.assert_close(together.pictures, faces([5, 7], STILL).pictures, atol=1e-3, rtol=0)


def test_nothing_is_left_in_the_networks(faces: Faces, face_maker: StyleGAN2, eye: CLIPResNet) -> None:
    before = [parameter.clone() for parameter in face_maker.parameters()]
    with torch.inference_mode():
        faces([1], CONFIG)
    assert all(torch.equal(old, new) for old, new in zip(before, face_maker.parameters(), strict=True))
    assert all(parameter.grad is None for network in (face_maker, eye) for parameter in network.parameters())


def test_progress(faces: Faces) -> None:
    seen: list[Progress] = []
    found = faces([1, 2], CONFIG, callback=seen.append)
    assert [progress.step for progress in seen] == list(range(1, 7))
    assert {progress.steps for progress in seen} == {6}
    assert seen[0].pictures.shape == found.pictures.shape == (2, 3, 16, 16)
    assert seen[0].loss.shape == (2,)
    assert not seen[0].pictures.requires_grad
    assert not torch.equal(seen[0].pictures, seen[5].pictures)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_gives_the_best_so_far(kind: type[BaseException], faces: Faces) -> None:
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if progress.step == 3:
            raise kind("enough")

    found = faces([1, 2], replace(CONFIG, keep="last"), callback=stop)
    assert isinstance(found.interruption, kind)
    for number in range(2):
        best = min(seen, key=lambda progress: float(progress.loss[number]))
        assert found.loss[number] == best.loss[number]
        assert found.steps[number] == best.step - 1
        assert torch.equal(found.pictures[number], best.pictures[number])


def test_an_interruption_before_anything_was_seen_gives_the_start(faces: Faces) -> None:
    def interrupted(pixels: Tensor) -> Tensor:
        raise KeyboardInterrupt

    start = faces.network.random_w(torch.Generator().manual_seed(0))[None]
    found = search(faces.decode, interrupted, [faces.wanted(1)], start, seeds=[1], config=CONFIG)
    assert torch.equal(found.latent, start)
    assert found.loss.tolist() == [float("inf")]


def test_errors_of_a_network_are_not_swallowed(faces: Faces) -> None:
    def broken(pixels: Tensor) -> Tensor:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        search(faces.decode, broken, [faces.wanted(1)], faces.network.random_w, seeds=[1], config=CONFIG)


def test_last_or_best(faces: Faces) -> None:
    last = faces([1], replace(CONFIG, keep="last"))
    best = faces([1], CONFIG)
    assert last.steps == (6,)
    assert best.loss[0] <= last.loss[0]


def test_the_best_of_several_starts(faces: Faces) -> None:
    """The first of four starts is the only one of one; choosing can only help, before and after trial steps."""
    one = faces([1], replace(STILL, steps=1, rate=0.0))
    four = faces([1], replace(STILL, steps=1, rate=0.0, starts=4))
    assert four.loss[0] < one.loss[0]
    tried = faces([1], replace(STILL, steps=4, starts=4, trial_steps=2))
    assert tried.loss[0] < four.loss[0]


def test_without_steps_the_best_start_is_given_back_as_it_is(faces: Faces) -> None:
    still = replace(STILL, steps=0)
    starts = [faces.network.random_w(generator(1, "start", trial)) for trial in range(4)]
    best = min((faces([1], still, start=each[None]) for each in starts), key=lambda found: float(found.loss[0]))
    four = faces([1], replace(still, starts=4))
    assert torch.equal(four.latent, best.latent) and torch.equal(four.loss, best.loss)
    assert four.steps == (0,) and four.looks == (1,) and four.interruption is None


def test_patience(faces: Faces) -> None:
    """Nothing moves at rate 0, so nothing improves."""
    steps: list[int] = []
    found = faces([1], replace(STILL, rate=0.0, patience=2), callback=lambda progress: steps.append(progress.step))
    assert steps == [1, 2, 3]
    assert found.interruption is None
    assert found.steps == (0,)


def test_the_first_ramped_step_goes_nowhere(faces: Faces) -> None:
    seen: list[Progress] = []
    faces([1], replace(STILL, rates="ramped"), callback=seen.append)
    assert torch.equal(seen[0].pictures, seen[1].pictures)
    assert not torch.equal(seen[1].pictures, seen[2].pictures)


def test_editing_in_style_space(faces: Faces, look: Callable[[Tensor], Tensor]) -> None:
    """A given latent; colours stay, the pull holds back, the identity loss keeps the face."""
    network = faces.network
    with torch.no_grad():
        start = network.styles(network.spread(network.random_w(torch.Generator().manual_seed(4))[None]))
    fixed = network.colour_styles()

    def edited(config: SearchConfig, **others: object) -> Found:
        return faces(
            [1],
            config,
            start=start,
            movable=~fixed,
            decode=lambda styles: unit_pixels(network(styles, "style")),
            **others,
        )

    config = replace(presets.edit(), steps=8, cutouts=whole(32))
    free = edited(replace(config, pull=0.0))
    held = edited(replace(config, pull=10.0))
    assert torch.equal(free.latent[:, fixed], start[:, fixed])
    assert (held.latent - start).norm() < 0.5 * (free.latent - start).norm()
    with torch.no_grad():
        before = look(torch.nn.functional.interpolate(unit_pixels(network(start, "style")), 32))

    def face(pixels: Tensor) -> Tensor:
        return look(torch.nn.functional.interpolate(pixels, 32))

    def change(found: Found) -> float:
        with torch.no_grad():
            return 1 - float(torch.cosine_similarity(face(found.pictures), before))

    same = edited(replace(config, pull=0.0, identity=100.0), face=face)
    assert change(same) < change(free)
    with pytest.raises(ConfigError, match=r"identity=1\.0: needs a network that knows faces"):
        edited(replace(config, identity=1.0))


def test_vqgan_is_searched_as_vqgan_clip_does(painter: VQGAN, look: Callable[[Tensor], Tensor]) -> None:
    """Random codes, straight-through codes, latents clamped to the codebook's range."""
    targets = [[Target(torch.randn(EMBED, generator=torch.Generator().manual_seed(5)))]]
    config = replace(presets.vqgan_clip(), steps=12, cutouts=replace(presets.vqgan_clip().cutouts, count=4, size=32))
    start = painter.random_latent(torch.Generator().manual_seed(0))[None]
    found = search(painter.draw, look, targets, start, seeds=[1], config=config, constrain=painter.within_codebook)
    assert found.steps == (12,)
    assert not torch.equal(painter.nearest(found.latent), painter.nearest(start))
    assert torch.equal(painter.within_codebook(found.latent), found.latent)
    with torch.no_grad():
        assert torch.equal(painter.draw(found.latent), found.pictures)
        loss = [
            float(unlikeness(look(cutouts(painter.draw(each)[0], whole(32))), targets[0]))
            for each in (start, found.latent)
        ]
    assert loss[1] < loss[0]


def test_each_picture_may_have_its_own_decoder(faces: Faces) -> None:
    """Such as noise by its seed."""
    network = faces.network
    roughened = [lambda w, each=each: unit_pixels(network(w + each)) for each in (0.0, 1.0)]
    both = faces([1, 1], replace(CONFIG, together=2), decode=roughened)
    assert torch.equal(both.pictures[0], faces([1], CONFIG).pictures[0])
    assert not torch.equal(both.pictures[0], both.pictures[1])


def test_mistakes(faces: Faces) -> None:
    start = torch.zeros(1, 8)
    for changes, message in (
        ({"targets": [faces.wanted(1)] * 2}, "targets: 2 for 1 seeds"),
        ({"targets": [[]]}, "a picture has none"),
        ({"start": torch.zeros(3, 8)}, "start: 3 for 1 seeds"),
        ({"decode": [faces.decode] * 2}, "decode: 2 for 1 seeds"),
    ):
        with pytest.raises(ConfigError, match=message):
            faces([1], CONFIG, **changes)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="starts=2: the start is given"):
        faces([1], replace(CONFIG, starts=2), start=start)
    with pytest.raises(ConfigError, match="give one per picture"):
        faces([], CONFIG)
