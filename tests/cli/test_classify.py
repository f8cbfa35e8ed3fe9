import json

from hearsight.encoders.audioclip import AudioCLIP, debug
from hearsight.hub.network import save_network


def test_every_sound_gets_every_label_best_first(hearsight, sounds, system):
    code, out, err = hearsight(
        "classify", "sounds/a.wav", "sounds/b.ogg", "--labels", "dog, rain,sea", "--model", system
    )
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == ["sounds/a.wav", "sounds/b.ogg"]
    assert all(label in out for label in ("dog", "rain", "sea"))


def test_json_adds_up_to_one(hearsight, sounds, system):
    _, out, _ = hearsight("classify", "sounds/a.wav", "--labels", "dog,rain", "--model", system, "--json")
    result = json.loads(out)
    shares = [share for _, share in result["classes"]]
    assert result["sound"] == "sounds/a.wav"
    assert abs(sum(shares) - 1) < 2e-4
    assert shares == sorted(shares, reverse=True)


def test_a_trained_audioclip_alone_will_do(hearsight, sounds, tmp_path):
    save_network(tmp_path / "ear", "audioclip", AudioCLIP(debug()))
    code, out, _ = hearsight("classify", "sounds/a.wav", "--labels", "dog,rain", "--model", tmp_path / "ear")
    assert code == 0
    assert "dog" in out


def test_silence_is_told_and_the_others_named(hearsight, sounds, system):
    code, out, err = hearsight("classify", "sounds", "--labels", "dog,rain", "--model", system)
    assert code == 2
    assert len(out.splitlines()) == 3
    assert "silent.wav" in err
