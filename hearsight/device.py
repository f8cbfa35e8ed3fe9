"""Where networks compute."""

import torch

from hearsight.errors import ConfigError


def usable_device(device: str | torch.device | None) -> torch.device:
    """`device`, or the best there is. Raises ConfigError for one that this machine or this torch lacks."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # torch has no one error for this
        reason = str(error).splitlines()[0].rstrip(".")
        raise ConfigError(f"device={str(device)!r}: cannot be used here ({reason}); try 'cpu'.") from None
    return chosen
