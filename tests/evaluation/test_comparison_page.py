import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hearsight.evaluation.comparison import Comparison, Drawn, Heard, Verdict
from hearsight.evaluation.comparison_page import caption, sheet, write
from hearsight.evaluation.contestants import Contestant
from hearsight.picture import Picture
from hearsight.sound import Sound


@pytest.fixture
def comparison() -> Comparison:
    samples = 0.4 * np.sin(2 * np.pi * 500 * np.arange(8000) / 16000)
    heard = Heard(Path("a/x.wav"), "x & y", Sound(samples[None].astype(np.float32), 16000), "red")
    drawn = Drawn(Picture(Image.new("RGB", (8, 8), "cyan")), 0.25, Verdict("red", 0.75, 0.75))
    systems = [Contestant(name, name, name, Path(name)) for name in ("one", "<two>")]
    return Comparison([heard], systems, [[drawn, Drawn(reason="hears <nothing>")]], 5)


def test_the_page_stands_on_its_own_and_plays_the_sound(comparison, tmp_path) -> None:
    place = write(comparison, tmp_path, "pocket judge")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"comparison.{kind}" for kind in ("html", "json", "png")
    ]
    text = place.read_text()
    assert not re.search(r'(src|href)="(?!data:)', text)
    pictures = [base64.b64decode(data) for data in re.findall(r'src="data:image/png;base64,([^"]+)"', text)]
    assert Image.open(io.BytesIO(pictures[1])).getpixel((0, 0)) == (0, 255, 255) and len(pictures) == 2
    (sound,) = re.findall(r'src="data:audio/ogg;base64,([^"]+)"', text)
    assert Sound.read(base64.b64decode(sound)).seconds == pytest.approx(0.5, abs=0.1)
    assert "red 75%" in text and "width: 75.0%" in text and "0.25 s" in text and "x &amp; y" in text
    assert "hears &lt;nothing&gt;" in text and "<nothing>" not in text and "&lt;two&gt;" in text
    assert json.loads((tmp_path / "comparison.json").read_text()) == comparison.plain()


def test_the_picture_has_a_column_for_every_system(comparison) -> None:
    image = sheet(comparison)
    assert (0, 255, 255) in {colour for _, colour in image.getcolors(1 << 20)} and image.width > 3 * 192


def test_the_caption_says_who_judged_and_what_is_not_known(comparison) -> None:
    told = caption(comparison, "pocket judge")
    assert "seed 5" in told and "pocket judge" in told and "always names one of them" in told
