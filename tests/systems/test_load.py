import pytest

import hearsight
from hearsight.errors import ConfigError
from hearsight.hub.folder import shipped_names, write_config
from hearsight.systems import NAMES, system_class


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_its_class(name):
    assert system_class(name).name == name


def test_a_mistyped_system_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'audioclip-diffusion'"):
        system_class("audioclip-difusion")


@pytest.mark.parametrize("name", NAMES)
def test_a_system_is_put_together_if_it_has_parts(name):
    kind = system_class(name)
    if not kind.parts:
        with pytest.raises(ConfigError, match=f"{name}: is not put together from parts"):
            kind.assemble(anything="x")
    elif name not in shipped_names():
        wanted = ".*".join([f"{name}: no weights.*name its parts: ", *kind.parts])
        for some in ({}, dict.fromkeys(list(kind.parts)[1:], "x")):
            with pytest.raises(ConfigError, match=wanted):
                hearsight.load(name, **some)


def test_a_folder_of_an_unknown_system_is_refused(tmp_path):
    write_config(tmp_path, "tea-leaves", {})
    with pytest.raises(ConfigError, match="tea-leaves: there is no such system"):
        hearsight.load(tmp_path)


def test_a_name_may_be_written_with_underscores_and_a_folder_of_that_name_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="imagebind-unclip: no weights of it ship"):
        hearsight.load("imagebind_unclip")
    write_config(tmp_path / "imagebind_unclip", "tea-leaves", {})
    with pytest.raises(ConfigError, match="tea-leaves: there is no such system"):
        hearsight.load("imagebind_unclip")
