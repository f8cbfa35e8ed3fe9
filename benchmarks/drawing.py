"""Seconds per picture, warm: beside the peers, and by the settings that make it faster."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import peers, subject
from benchmarks.comparison import Comparison
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.pixels import to_uint8
from hearsight.samplers.diffusion import sample
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion

STEPS = 20
INTERVAL = (0.1, 0.8)


def measure(setting: Setting) -> list[Comparison]:
    """Our U-Net and its peers in our sampler; ours beside diffusers' own pipeline; ours by settings."""
    system = subject.system(setting)
    steps = 2 if setting.debug else STEPS
    return [_networks(system, steps, setting), _pipeline(system, steps, setting), _settings(system, steps, setting)]


def _networks(system: AudioCLIPDiffusion, steps: int, setting: Setting) -> Comparison:
    networks = {
        "hearsight: PixelUNet": system.unet,
        f"diffusers: UNet2DModel on {peers.PATCH} x {peers.PATCH} patches": _peer(system, peers.PATCH),
        "diffusers: UNet2DModel on pixels (Ho et al.)": _peer(system, 1),
    }
    contenders = [
        Contender(name, _draw(system, network, steps), _note(system, network)) for name, network in networks.items()
    ]
    rows = race(contenders, setting)
    return Comparison(f"Drawing: {steps} steps of DPM-Solver++, guided, bf16, one sampler for all", "picture", rows)


def _pipeline(system: AudioCLIPDiffusion, steps: int, setting: Setting) -> Comparison:
    """Without condition, as that pipeline draws, and in fp32."""
    from diffusers.models.unets.unet_2d import UNet2DModel
    from diffusers.pipelines.ddim.pipeline_ddim import DDIMPipeline
    from diffusers.schedulers import DDIMScheduler

    peer: Any = _peer(system, 1).network
    unconditional: Any = UNet2DModel.from_config({**peer.config, "class_embed_type": None})
    pipeline: Any = DDIMPipeline(unconditional.eval(), DDIMScheduler())
    pipeline.set_progress_bar_config(disable=True)
    heard = torch.zeros(1, system.config.audioclip.embed)
    ours: dict[str, Any] = {"scheduler": "ddim", "steps": steps, "guidance": 1.0, "precision": "fp32"}
    rows = race(
        [
            Contender("hearsight: draw, embedding to picture", lambda: system.draw(heard, seeds=[0], **ours), "fp32"),
            Contender(
                "diffusers: DDIMPipeline, noise to picture",
                lambda: pipeline(num_inference_steps=steps, generator=torch.Generator().manual_seed(0)),
                f"{subject.parameters(unconditional) / 1e6:.2f} M parameters, pixels, fp32",
            ),
        ],
        setting,
    )
    return Comparison(f"Drawing: {steps} steps of DDIM, unguided", "picture", rows)


def _settings(system: AudioCLIPDiffusion, steps: int, setting: Setting) -> Comparison:
    unet, bf16 = system.unet, torch.bfloat16
    last = _channels_last(copy.deepcopy(unet))
    short = copy.deepcopy(last).to(bf16)
    ways = {
        "bf16": _draw(system, unet, steps),
        "fp32": _draw(system, unet, steps, dtype=None),
        "bf16, guided and unguided half in two calls": _draw(system, _one_by_one(unet), steps),
        f"bf16, guided only from {INTERVAL[0]:g} to {INTERVAL[1]:g} of the way": _draw(
            system, unet, steps, guidance_interval=INTERVAL
        ),
        "bf16, not guided": _draw(system, unet, steps, guidance=1.0),
        "fp32, weights channels last": _draw(system, last, steps, dtype=None),
        "bf16, weights channels last": _draw(system, last, steps),
        "bf16, weights kept in bf16 and channels last": _draw(system, short, steps),
        "no network: our sampler and solver alone": _draw(system, _nothing, steps),
        "no network: our sampler, diffusers' DPM-Solver++": _draw(
            system, _nothing, steps, scheduler="DPMSolverMultistep"
        ),
    }
    rows = race([Contender(name, draw) for name, draw in ways.items()], setting)
    return Comparison("Drawing: our network by settings", "picture", rows)


def _draw(
    system: AudioCLIPDiffusion, network: Any, steps: int, dtype: torch.dtype | None = torch.bfloat16, **options: Any
) -> Callable[[], Tensor]:
    """One picture by our sampler, whatever the network."""
    side = system.config.unet.size
    heard = torch.randn(1, system.config.audioclip.embed, generator=torch.Generator().manual_seed(0))
    settings = {"seeds": [0], "shape": (3, side, side), "schedule": system.config.schedule, "steps": steps, **options}
    return lambda: to_uint8(sample(network, heard, dtype=dtype, **settings))


def _peer(system: AudioCLIPDiffusion, patch: int) -> peers.Painter:
    """The peer at our number of parameters, channels last as it is fastest."""
    sizes = subject.parameters(system.unet), system.config.unet.size, system.config.audioclip.embed
    return _channels_last(peers.painter_of(*sizes, patch).eval())


def _one_by_one(network: nn.Module) -> Callable[..., Tensor]:
    def call(*inputs: Tensor) -> Tensor:
        rows: Sequence[tuple[Tensor, ...]] = list(zip(*(each.split(1) for each in inputs), strict=True))
        return torch.cat([network(*row) for row in rows])

    return call


def _channels_last(network: Any) -> Any:
    return network.to(memory_format=torch.channels_last)


def _nothing(noisy: Tensor, timestep: Tensor, embedding: Tensor) -> Tensor:
    return noisy


def _note(system: AudioCLIPDiffusion, network: nn.Module) -> str:
    side, embed = system.config.unet.size, system.config.audioclip.embed
    return subject.size(network, torch.zeros(1, 3, side, side), torch.zeros(1), torch.zeros(1, embed))
