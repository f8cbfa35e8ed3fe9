"""Attention checks: trials whose answer stands in the picture, in plain words.

Whoever looks passes them, whatever they think of the other pictures; whoever presses keys blindly does not for long.
"""

from PIL import Image, ImageDraw, ImageFont

SIDE = 512
PAPER, INK = (244, 241, 236), (38, 38, 46)
RIGHT, WRONG = "right", "wrong"
"""What choosing either picture of a check means."""


def card(text: str) -> Image.Image:
    """A plain picture that says `text`, which may have several lines."""
    image = Image.new("RGB", (SIDE, SIDE), PAPER)
    font = ImageFont.load_default(SIDE // 9)
    ImageDraw.Draw(image).multiline_text(
        (SIDE / 2, SIDE / 2), text, fill=INK, font=font, anchor="mm", align="center", spacing=SIDE // 24
    )
    return image


def choose_this() -> Image.Image:
    """The right picture of two."""
    return card("A short check:\nplease choose\nthis picture")


def choose_other() -> Image.Image:
    """The wrong picture of two."""
    return card("A short check:\nplease choose\nthe other one")


def rate_this(number: str) -> Image.Image:
    """A picture that is to be rated with this number."""
    return card(f"A short check:\nplease answer\n{number}")
