from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hearsight.config import build, merge, nearest, override, plain, read_yaml
from hearsight.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    width: int = 4
    shape: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Outer:
    steps: int
    inner: Inner = field(default_factory=Inner)
    folder: Path | None = None


def test_a_config_survives_plain_and_build():
    config = Outer(3, Inner(8, (5,)), Path("a/b"))
    assert build(Outer, plain(config)) == config


def test_unknown_keys_name_the_nearest_right_one():
    with pytest.raises(ConfigError, match=r"inner\.widht: there is no such setting; did you mean 'width'"):
        build(Outer, {"steps": 1, "inner": {"widht": 3}})


@pytest.mark.parametrize(
    ("values", "key"), [({"steps": "many"}, "steps"), ({}, "steps"), ({"steps": 1, "inner": 3}, "inner")]
)
def test_wrong_and_missing_values_name_their_key(values, key):
    with pytest.raises(ConfigError, match=key):
        build(Outer, values)


def test_settings_are_put_over_values():
    values = override(
        {"steps": 1, "inner": {"width": 2, "shape": [1]}}, ["steps=5", "inner.width=7", "inner.shape=[3, 4]"]
    )
    assert values == {"steps": 5, "inner": {"width": 7, "shape": [3, 4]}}


@pytest.mark.parametrize("setting", ["steps", "=3"])
def test_a_setting_is_written_key_equals_value(setting):
    with pytest.raises(ConfigError, match="key=value"):
        override({}, [setting])


def test_override_leaves_its_argument_alone():
    values = {"inner": {"width": 2}}
    override(values, ["inner.width=3"])
    assert values == {"inner": {"width": 2}}


def test_a_recipe_lies_over_its_base(tmp_path):
    (tmp_path / "base.yaml").write_text("steps: 1\ninner: {width: 2, shape: [9]}\n")
    (tmp_path / "own.yaml").write_text("base: base.yaml\ninner: {width: 5}\n")
    assert read_yaml(tmp_path / "own.yaml") == {"steps": 1, "inner": {"width": 5, "shape": [9]}}


@pytest.mark.parametrize(("text", "message"), [("[1, 2]", "mapping"), ("a: [", "not valid YAML")])
def test_what_is_no_recipe_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        read_yaml(tmp_path / "recipe.yaml")
    assert "\n" not in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        read_yaml(tmp_path / "nowhere.yaml")


def test_merge_replaces_what_is_no_mapping_on_both_sides():
    assert merge({"a": {"b": 1}, "c": 2}, {"a": 3, "c": {"d": 4}}) == {"a": 3, "c": {"d": 4}}


def test_nearest_lists_what_is_known_when_nothing_is_near():
    assert nearest("zebra", ["steps", "seed"]) == "known: seed, steps."


@dataclass(frozen=True)
class Other:
    depth: int = 1


@dataclass(frozen=True)
class Either:
    part: Inner | Other = field(default_factory=Inner)


def test_a_mistyped_key_inside_a_choice_of_configs_is_found():
    assert build(Either, {"part": {"depth": 2}}) == Either(Other(2))
    with pytest.raises(ConfigError, match=r"part\.widht: .*did you mean 'width'"):
        build(Either, {"part": {"shape": [1], "widht": 3}})
