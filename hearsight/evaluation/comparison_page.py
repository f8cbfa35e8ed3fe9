"""A comparison to look at and to listen to: one PNG, one HTML page that stands on its own, and the numbers as JSON."""

import html
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from hearsight.data.opus import write_opus
from hearsight.evaluation.comparison import LONGEST_SHOWN, Comparison, Drawn, Heard, remarks
from hearsight.evaluation.document import embedded, page
from hearsight.evaluation.figures import png
from hearsight.files import write_atomically
from hearsight.sound import Sound
from hearsight.studio.comparison_sheet import Cell, Row, comparison_sheet
from hearsight.studio.contact_sheet import spectrogram

TITLE = "The same sounds, drawn by every system"
SPECTROGRAM = (384, 138)
"""pixels of a spectrogram on the page"""


def write(comparison: Comparison, folder: Path, judge: str) -> Path:
    """Write comparison.png, comparison.html and comparison.json; returns the page.

    Args:
        judge: what the page calls the network that looked at the pictures.
    """
    with write_atomically(folder / "comparison.png") as partial:
        sheet(comparison).save(partial, format="PNG")
    texts = {
        "json": json.dumps(comparison.plain(), indent=2, ensure_ascii=False) + "\n",
        "html": comparison_page(comparison, judge),
    }
    for suffix, text in texts.items():
        with write_atomically(folder / f"comparison.{suffix}") as partial:
            partial.write_text(text, encoding="utf-8")
    return folder / "comparison.html"


def sheet(comparison: Comparison) -> Image.Image:
    """The comparison as one picture."""
    rows = [
        Row(
            heard.sound,
            heard.name,
            [Cell(drawn.picture.image if drawn.picture else None, remarks(drawn, heard)) for drawn in row],
        )
        for heard, row in zip(comparison.sounds, comparison.drawn, strict=True)
    ]
    return comparison_sheet([system.name for system in comparison.systems], rows)


def caption(comparison: Comparison, judge: str) -> str:
    """What is to be seen, and what the numbers mean."""
    return (
        f"Every picture has seed {comparison.seed} and its system's own settings. The share is the probability that "
        f"the {judge} gives to the class of the sound, which is known where the file or its folder is named after one; "
        "otherwise, and where it sees another class, it is told what the picture is most like. The judge knows no "
        "things but its classes and always names one of them. Times are from the file to the picture, with the system "
        "loaded and warm."
    )


def comparison_page(comparison: Comparison, judge: str) -> str:
    """The comparison as one HTML page: every sound can be played, every picture is inside."""
    head = "".join(f"<th>{html.escape(system.name)}</th>" for system in comparison.systems)
    rows = "".join(
        f"<tr>{_heard(heard)}{''.join(_drawn(drawn, heard) for drawn in row)}</tr>\n"
        for heard, row in zip(comparison.sounds, comparison.drawn, strict=True)
    )
    table = f'<div class="wide"><table class="grid">\n<tr><th></th>{head}</tr>\n{rows}</table></div>'
    return page(TITLE, f'{table}\n<p class="note">{html.escape(caption(comparison, judge))}</p>', _STYLE)


def _heard(heard: Heard) -> str:
    name, player = html.escape(heard.name), embedded(_opus(heard.sound), "audio/ogg")
    picture = embedded(png(spectrogram(heard.sound, *SPECTROGRAM)))
    longer = f" (the first {LONGEST_SHOWN:.0f} s)" if heard.sound.seconds >= LONGEST_SHOWN else ""
    return (
        f'<td><img class="heard" alt="spectrogram of {name}" src="{picture}">'
        f'<audio controls controlslist="nodownload noplaybackrate" preload="metadata" src="{player}"></audio>'
        f"<p>{name}{longer}</p></td>"
    )


def _drawn(drawn: Drawn, heard: Heard) -> str:
    told = [html.escape(remark) for remark in remarks(drawn, heard)]
    if drawn.picture is None or drawn.verdict is None:
        return f'<td><div class="blank">{" ".join(told)}</div></td>'
    picture = embedded(png(drawn.picture.image))
    share = drawn.verdict.probability if drawn.verdict.own is None else drawn.verdict.own
    bar = f'<div class="bar"><i style="width: {share:.1%}"></i></div>'
    first, *others = told
    rest = f'<p class="faint">{"<br>".join(others)}</p>'
    return f'<td><img class="drawn" alt="{first}" src="{picture}">{bar}<p>{first}</p>{rest}</td>'


def _opus(sound: Sound) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sound.opus"
        write_opus(file, sound.mono().samples[0], sound.rate, {})
        return file.read_bytes()


_STYLE = """
body { max-width: max-content; }
.grid td, .grid th { border: 0; padding: 0 1.5rem 1.5rem 0; width: 12rem; min-width: 12rem; max-width: 12rem; }
.grid th { padding-bottom: .5rem; }
.grid p { margin: .3rem 0 0; line-height: 1.35; }
.grid img { display: block; width: 12rem; border-radius: .5rem; }
.blank { display: flex; box-sizing: border-box; width: 12rem; height: 12rem; padding: 1rem; border-radius: .5rem;
  background: #f0f0f3; color: #78788a; font-size: .8rem; align-items: center; text-align: center; overflow: hidden; }
.bar { height: .3rem; margin-top: .5rem; border-radius: .2rem; background: #ececf0; overflow: hidden; }
.bar i { display: block; height: 100%; background: #b82d69; }
.faint { color: #78788a; }
.note { max-width: 62rem; color: #666; font-size: .9rem; }
audio { display: block; width: 12rem; height: 2rem; margin-top: .5rem; }
"""
