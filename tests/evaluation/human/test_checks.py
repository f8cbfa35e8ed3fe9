from PIL import ImageChops

from hearsight.evaluation.human import checks


def test_cards_say_different_things_and_nothing_is_cut_off():
    cards = [checks.choose_this(), checks.choose_other(), *(checks.rate_this(number) for number in "12345")]
    assert len({card.tobytes() for card in cards}) == len(cards)
    for card in cards:
        ink = ImageChops.difference(card, checks.card("")).getbbox()
        assert min(*ink[:2], *(checks.SIDE - edge for edge in ink[2:])) > checks.SIDE // 20
