import pytest

from hearsight.errors import ConfigError, SoundError
from hearsight.evaluation.contestants import FIVE, Contestant, absent, contestants, reason
from hearsight.hub.folder import resolve, shipped_names
from hearsight.systems import NAMES


def test_without_a_choice_all_that_ship_are_there() -> None:
    found = contestants()
    assert [one.name for one in found] == [one.source for one in found] == shipped_names()
    assert all(one.folder == resolve(one.name) for one in found)


def test_folders_and_folders_of_folders(system, judge, tmp_path) -> None:
    for name in ("some/first", "some/second", "other/first"):
        system.save_pretrained(tmp_path / name)
    (tmp_path / "some" / "network").mkdir()
    (tmp_path / "some" / "network" / "config.json").write_text('{"network": "judge", "config": {}}')
    some, other = str(tmp_path / "some"), str(tmp_path / "other" / "first")
    assert [one.name for one in contestants([some])] == ["first", "second"]
    found = contestants([some, other, other])
    assert [one.name for one in found] == [f"{some}/first", "second", other]
    assert len({one.file_name for one in found}) == 3 and all("/" not in one.file_name for one in found)
    assert {one.system for one in found} == {"audioclip-diffusion"}
    weights = (tmp_path / "some" / "second").glob("*.safetensors")
    assert found[1].megabytes == sum(file.stat().st_size for file in weights) / 1e6 > 0
    assert found[1].load("cpu").weights_sha256 == system.weights_sha256


@pytest.mark.parametrize("source", ["no-such-system", "EMPTY"])
def test_what_is_no_system_is_refused(source, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="neither"):
        contestants([str(tmp_path / "empty") if source == "EMPTY" else source])


def test_the_five_are_systems_and_told_missing(tmp_path) -> None:
    assert set(FIVE) <= set(NAMES)
    two = [Contestant(name, name, name, tmp_path) for name in ("stylewav", "wav2clip-vqgan")]
    assert absent(two) == ["audioclip-diffusion", "audiotoken", "wavbrivl", "s2igan"]


def test_a_reason_is_one_line() -> None:
    assert reason(SoundError("too\n  quiet.")) == "too quiet."
    assert reason(RuntimeError("out of\nmemory")) == "RuntimeError: out of memory"
    assert reason(ValueError()) == "ValueError"
