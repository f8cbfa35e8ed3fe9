from hearsight.data import pocket, words
from hearsight.encoders.tokenizer import ByteTokenizer


def test_every_class_has_its_own_names_and_all_fit_the_pocket_text_head():
    texts = {label: words.texts(label) for label in pocket.CLASSES}
    every = [text for several in texts.values() for text in several]
    assert len(set(every)) == len(every)
    assert ByteTokenizer(48)(every).shape == (len(every), 48)
    assert all(words.name(label) == several[0] for label, several in texts.items())


def test_unknown_labels_are_called_what_they_are():
    assert words.name("garden_gate") == "garden gate"
    assert "the sound of garden gate" in words.texts("garden_gate")
