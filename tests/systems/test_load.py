import pytest

import hearsight
from hearsight.errors import ConfigError
from hearsight.hub.folder import write_config
from hearsight.systems import NAMES, system_class


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_its_class(name):
    assert system_class(name).name == name


def test_a_mistyped_system_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'audioclip-diffusion'"):
        system_class("audioclip-difusion")


def test_a_folder_of_an_unknown_system_is_refused(tmp_path):
    write_config(tmp_path, "tea-leaves", {})
    with pytest.raises(ConfigError, match="tea-leaves: there is no such system"):
        hearsight.load(tmp_path)
