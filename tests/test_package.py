"""The package as it is imported: nothing heavy, everything public there."""

import os
import subprocess
import sys

import pytest

import hearsight


def _python(code: str, **environment: str) -> str:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("OMP_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**inherited, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("torch", "numpy", "transformers", "diffusers", "av", "scipy", "soundfile", "PIL", "pydantic")
    assert _python(f"import sys, hearsight; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_threads_wait_passively_unless_the_user_says_otherwise():
    ask = "import os, hearsight; print(os.environ['OMP_WAIT_POLICY'])"
    assert _python(ask) == "PASSIVE"
    assert _python(ask, OMP_WAIT_POLICY="ACTIVE") == "ACTIVE"


@pytest.mark.parametrize("name", hearsight.__all__)
def test_every_public_name_is_there(name):
    assert getattr(hearsight, name) is not None
    assert name in dir(hearsight)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="sounds"):
        hearsight.sounds  # noqa: B018
