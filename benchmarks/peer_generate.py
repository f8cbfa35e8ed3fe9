"""What `hearsight generate` does, done by its peers: `python -m benchmarks.peer_generate FOLDER SOUND PICTURE`.

Reads a sound, hears it with transformers' ASTModel, draws with diffusers' UNet2DModel and DDIM, guided, and writes
a PNG.
"""

import sys
from pathlib import Path
from typing import Any

STEPS = 20
GUIDANCE = 3.0


def save(folder: Path, *, ear: tuple[int, float], painter: tuple[int, int, int, int], steps: int = STEPS) -> None:
    """Write the peers (arguments of `ear_of` and `painter_of`) with random weights into `folder`."""
    import torch

    from benchmarks.peers import ear_of, painter_of

    torch.save({"ear": ear, "painter": painter, "steps": steps}, folder / "sizes.pt")
    torch.save(ear_of(*ear).state_dict(), folder / "ear.pt")
    torch.save(painter_of(*painter).state_dict(), folder / "painter.pt")


def generate(folder: Path, sound: Path, picture: Path) -> None:
    """Load the peers from `folder` and draw `sound`."""
    import soundfile
    import soxr
    import torch
    from diffusers.schedulers import DDIMScheduler
    from PIL import Image

    from benchmarks.peers import EAR_RATE, ear_of, painter_of

    def weights(name: str) -> Any:
        return torch.load(folder / name, weights_only=True)

    sizes = weights("sizes.pt")
    ear, painter = ear_of(*sizes["ear"]), painter_of(*sizes["painter"]).eval()
    ear.load_state_dict(weights("ear.pt"))
    painter.load_state_dict(weights("painter.pt"))
    samples, rate = soundfile.read(sound, dtype="float32", always_2d=True)
    heard = ear(ear.spectrogram(torch.from_numpy(soxr.resample(samples.mean(1), rate, EAR_RATE))[None]))
    solver: Any = DDIMScheduler()
    solver.set_timesteps(sizes["steps"])
    _, side, embed, _ = sizes["painter"]
    heard = torch.nn.functional.pad(heard, (0, embed))[:, :embed]  # the embedding's width is ours, the ear's its own
    drawn = torch.randn(1, 3, side, side)
    both = torch.cat([heard, torch.zeros_like(heard)])
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for timestep in solver.timesteps:
            given, silent = painter(drawn.expand(2, -1, -1, -1), timestep.expand(2), both).float().chunk(2)
            drawn = solver.step(silent + GUIDANCE * (given - silent), timestep, drawn).prev_sample
    pixels = ((drawn[0].clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0)
    Image.fromarray(pixels.numpy()).save(picture)


if __name__ == "__main__":
    generate(*map(Path, sys.argv[1:]))
