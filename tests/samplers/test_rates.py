"""The ramp of StyleGAN2's projector."""

import pytest

from hearsight.errors import ConfigError
from hearsight.samplers.rates import rate


def test_ramp() -> None:
    assert rate("ramped", 0.0) == 0
    assert rate("ramped", 0.025) == pytest.approx(0.5)
    assert rate("ramped", 0.05) == rate("ramped", 0.7) == 1
    assert rate("ramped", 0.875) == pytest.approx(0.5)
    assert rate("ramped", 0.999) < 1e-3


def test_constant_and_mistakes() -> None:
    assert {rate("constant", step / 10) for step in range(10)} == {1.0}
    with pytest.raises(ConfigError, match="use constant or ramped"):
        rate("steps", 0.5)  # type: ignore[arg-type]
