import pytest

from hearsight.errors import ConfigError
from hearsight.evaluation.sweep.grid import axes, only, points

GRID = {
    "ear.seconds": [1, 0.25],
    "guidance": {"none": {"hand.dropout": 0, "measure.draw.guidance": 1}, 3: {"measure.draw.guidance": 3}},
    "taken": None,
}


def test_every_combination_the_first_axis_slowest():
    found = list(points(axes(GRID)))
    assert [point.name for point in found] == [
        "seconds-1_guidance-none",
        "seconds-1_guidance-3",
        "seconds-0.25_guidance-none",
        "seconds-0.25_guidance-3",
    ]
    assert found[2].cases == {"seconds": "0.25", "guidance": "none"}
    assert found[2].settings == {"ear.seconds": 0.25, "hand.dropout": 0, "measure.draw.guidance": 1}


def test_no_axis_is_one_run():
    assert [(point.name, point.settings) for point in points(axes({}))] == [("all", {})]


def test_a_name_is_one_folder():
    (point,) = points(axes({"draw.prompt": ["a <sound> / painted"]}))
    assert point.name == "prompt-a-sound-painted"


def test_part_of_an_axis():
    chosen = only(axes(GRID), {"guidance": "3", "seconds": "0.25, 1"})
    assert [point.name for point in points(chosen)] == ["seconds-1_guidance-3", "seconds-0.25_guidance-3"]
    with pytest.raises(ConfigError, match="did you mean 'guidance'"):
        only(axes(GRID), {"guidence": "3"})
    with pytest.raises(ConfigError, match="guidance=4: there is no such case"):
        only(axes(GRID), {"guidance": "4"})


@pytest.mark.parametrize(
    ("sweep", "told"),
    [
        ({"steps": 3}, "3 is no axis"),
        ({"steps": []}, "is no axis"),
        ({"steps": {"few": 3}}, "is no axis"),
        ({"ear.seconds": [1], "first.seconds": [1]}, "two axes are called seconds"),
        ({"draw.prompt": ["a b", "a/b"]}, "two runs would be called prompt-a-b"),
    ],
)
def test_errors(sweep, told):
    with pytest.raises(ConfigError, match=told):
        list(points(axes(sweep)))
