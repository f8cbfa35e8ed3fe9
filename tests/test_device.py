"""Where networks compute."""

import pytest

from hearsight.device import usable_device
from hearsight.errors import ConfigError


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "xpu"])
def test_a_device_that_is_not_here_is_refused(device: str) -> None:
    with pytest.raises(ConfigError, match=f"device='{device}'.*try 'cpu'"):
        usable_device(device)
