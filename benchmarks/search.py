"""Searching a picture: our search beside the published VQGAN-CLIP loop, with the same networks.

The loop is retold from what it does (descriptinc/lyrebird-wav2clip, scripts/VQGAN-CLIP): see `published_views.py` for
its cutouts, of which it makes 32. It looks up codes through a one-hot matrix. What only writes files or prints is left
out of both. Each runs with as many views as the pocket edition takes, and with as many as the published loop does.
"""

from dataclasses import replace
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from benchmarks import subject
from benchmarks.comparison import Comparison
from benchmarks.published_views import published_views
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.generators.clamped import unit_pixels
from hearsight.seeds import generator
from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN
from hearsight.systems.guided_vqgan_config import wav2clip_debug, wav2clip_pocket

STEPS = 20
PUBLISHED_VIEWS = 32


def measure(setting: Setting) -> list[Comparison]:
    """Steps of one picture's search. Weights are random: they change no time."""
    system = Wav2CLIPVQGAN(wav2clip_debug() if setting.debug else wav2clip_pocket())
    for network in system.components.values():
        network.requires_grad_(False)
    steps, own = (2 if setting.debug else STEPS), system.config.search.cutouts.count
    heard = functional.normalize(torch.randn(1, system.config.ear.embed, generator=generator(0)))
    vqgan, clip = (subject.parameters(network) / 1e6 for network in (system.vqgan, system.eye.image))
    note = f"VQGAN {vqgan:.1f} M parameters, CLIP's image tower {clip:.1f} M, {system.config.vqgan.size} px, fp32"
    ways = {"hearsight: search, {} views": ours, "the published loop, {} cutouts": published_loop}
    rows = race(
        [
            Contender(name.format(views), partial(way, system, heard, steps, views), note, steps)
            for views in (own, PUBLISHED_VIEWS)
            for name, way in ways.items()
        ],
        setting,
    )
    return [Comparison("A search through VQGAN, guided by CLIP", "step", rows)]


def ours(system: Wav2CLIPVQGAN, heard: Float[Tensor, "1 embed"], steps: int, views: int) -> object:
    """As the system draws, from one start like the published loop."""
    return system.draw(heard, seeds=[0], steps=steps, views=views, starts=1)


def published_loop(
    system: Wav2CLIPVQGAN, heard: Float[Tensor, "1 embed"], steps: int, views: int
) -> Float[Tensor, "3 side side"]:
    """The picture after `steps` updates of the published loop."""
    random, config = generator(0), system.config.search
    cutouts = replace(config.cutouts, count=views)
    codebook = system.vqgan.codebook
    low, high = codebook.amin(dim=0)[None, :, None, None], codebook.amax(dim=0)[None, :, None, None]
    z = system.vqgan.random_latent(random)[None].requires_grad_()
    adam = torch.optim.Adam([z], lr=config.rate)
    for _ in range(steps):
        adam.zero_grad(set_to_none=True)
        shown = published_views(synthesise(system, z), cutouts, random)
        looked = functional.normalize(system.eye.encode_image(system.eye.normalise(shown)).unsqueeze(1), dim=2)
        apart = looked.sub(functional.normalize(heard.unsqueeze(0), dim=2)).norm(dim=2).div(2).arcsin().pow(2).mul(2)
        apart.mean().backward()
        adam.step()
        with torch.inference_mode():
            z.copy_(z.maximum(low).minimum(high))
    return synthesise(system, z)[0].detach()


def synthesise(system: Wav2CLIPVQGAN, z: Float[Tensor, "1 code_width row column"]) -> Float[Tensor, "1 3 side side"]:
    """Codes nearest to `z`, picked by a one-hot matrix, and their picture."""
    codebook, x = system.vqgan.codebook, z.movedim(1, 3)
    distances = x.pow(2).sum(dim=-1, keepdim=True) + codebook.pow(2).sum(dim=1) - 2 * x @ codebook.T
    rows = functional.one_hot(distances.argmin(-1), len(codebook)).to(codebook.dtype) @ codebook
    picked = x + (rows - x).detach()
    return unit_pixels(system.vqgan.decode(picked.movedim(3, 1)))
