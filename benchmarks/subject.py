"""What is measured: the system that ships with the package."""

from typing import TYPE_CHECKING

from torch import Tensor, nn

from benchmarks.setting import Setting

if TYPE_CHECKING:
    from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion


def system(setting: Setting) -> "AudioCLIPDiffusion":
    """The shipped system on the CPU; random weights of the same form where it does not ship, or at debug size.

    Weights change no time: nothing in these networks depends on the values that flow through.
    """
    from hearsight.hub.folder import shipped_names
    from hearsight.systems import audioclip_diffusion as form

    if setting.debug:
        return form.AudioCLIPDiffusion(form.debug())
    if form.AudioCLIPDiffusion.name in shipped_names():
        return form.AudioCLIPDiffusion.from_pretrained(form.AudioCLIPDiffusion.name, device="cpu")
    return form.AudioCLIPDiffusion(form.pocket())


def parameters(module: nn.Module) -> int:
    """How many numbers a network has learned."""
    return sum(weight.numel() for weight in module.parameters())


def size(module: nn.Module, *inputs: Tensor) -> str:
    """Parameters, and operations of one evaluation on `inputs` (a multiply-add counted as two)."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        module(*inputs)
    return f"{parameters(module) / 1e6:.2f} M parameters, {counter.get_total_flops() / 1e9:.2f} GFLOP"
