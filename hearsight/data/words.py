"""What the classes are called: the texts with which a sound or a picture is compared."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NAMES: dict[str, tuple[str, ...]] = {
    "chainsaw": ("chainsaw", "a chainsaw running", "sawing wood with a chainsaw"),
    "clock_tick": ("clock tick", "a clock ticking", "the ticking of a clock", "clock"),
    "crackling_fire": ("crackling fire", "a fire crackling", "fire", "a burning fire"),
    "crying_baby": ("crying baby", "a baby crying", "baby"),
    "dog": ("dog", "a dog barking", "a barking dog", "dog bark"),
    "helicopter": ("helicopter", "a helicopter flying", "the blades of a helicopter"),
    "person_sneeze": ("person sneezing", "a person sneezing", "someone sneezes", "sneeze"),
    "rain": ("rain", "falling rain", "rain falling on a roof"),
    "rooster": ("rooster", "a rooster crowing", "a cock crowing"),
    "sea_waves": ("sea waves", "waves of the sea", "the sea", "ocean waves on a beach"),
    **{
        f"digit_{digit}": (f"digit {word}", word, str(digit), f"the number {word}", f"someone saying {word}")
        for digit, word in enumerate(DIGITS)
    },
}
FRAMES = ("the sound of {}", "a recording of {}", "a picture of {}")


def name(label: str) -> str:
    """The plain name of a class: `digit seven` for `digit_7`, `french horn` for `french_horn`."""
    return NAMES.get(label, (label.replace("_", " "),))[0]


def texts(label: str) -> tuple[str, ...]:
    """Everything that training calls a class; the plain name comes first."""
    plain = name(label)
    return (*NAMES.get(label, (plain, f"a {plain}")), *(frame.format(plain) for frame in FRAMES))
