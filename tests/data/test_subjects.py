from hearsight.data.pocket import CLASSES
from hearsight.data.subjects import INK, RAINBOW, SUBJECTS, emoji


def test_every_class_has_a_look() -> None:
    assert sorted(SUBJECTS) == sorted(CLASSES)
    assert all(
        subject.patterns and len(set(subject.patterns)) == len(subject.patterns) for subject in SUBJECTS.values()
    )


def test_no_two_classes_are_shown_by_the_same_emoji() -> None:
    """Their codes, that is; patterns with a star match whatever lies in the class's own folder."""
    codes = {
        label: {pattern.split("_", 1)[1] for pattern in subject.patterns if "*" not in pattern}
        for label, subject in SUBJECTS.items()
    }
    everything = [code for own in codes.values() for code in own]
    assert len(everything) == len(set(everything))


def test_only_digits_are_lettering_and_keep_their_side() -> None:
    digits = {label for label in SUBJECTS if label.startswith("digit_")}
    assert len(digits) == 10
    assert {label for label, subject in SUBJECTS.items() if subject.lettering} == digits
    assert {label for label, subject in SUBJECTS.items() if not subject.mirrored} == digits


def test_silhouettes_are_dark_enough_to_be_seen_on_a_pale_ground() -> None:
    assert all(min(colour) < 128 for subject in SUBJECTS.values() for colour in subject.tint)
    assert [label for label, subject in SUBJECTS.items() if subject.tint == RAINBOW] == ["xylophone"]
    assert SUBJECTS["dog"].tint == INK and SUBJECTS["dog"].patterns == emoji("1F436")
