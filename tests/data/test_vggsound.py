import pytest

from hearsight.data.vggsound import vggsound_clips
from hearsight.errors import DataError


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    for name in ("-ab_c_000030.mp4", "deep/xyz.webm"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_both_ways_of_naming_files_are_known(tmp_path, videos):
    table = tmp_path / "table.csv"
    table.write_text('-ab_c,30,"dog, barking",train\nxyz,7,rain,test\nnot_there,1,rain,train\n-ab_c,30,again,train\n')
    trimmed, whole, missing = vggsound_clips(table, videos)
    assert (trimmed.name, trimmed.label, trimmed.split) == ("-ab_c_000030", "dog, barking", "train")
    assert (trimmed.path, trimmed.start, trimmed.seconds) == (videos / "-ab_c_000030.mp4", None, 10)
    assert (whole.name, whole.split, whole.path, whole.start) == (
        "xyz_000007",
        "held_out",
        videos / "deep" / "xyz.webm",
        7,
    )
    assert missing.path is None


def test_headings_are_passed_over_and_other_layouts_refused(tmp_path, videos):
    table = tmp_path / "table.csv"
    table.write_text("youtube_id,start,label,split\nxyz,7,rain,test\n")
    assert len(vggsound_clips(table, videos)) == 1
    table.write_text("xyz,7,rain,test\nxyz,rain,7,test\n")
    with pytest.raises(DataError, match=r"line 2 is 'xyz,rain,7,test'; every line gives YouTube id"):
        vggsound_clips(table, videos)
    table.write_text("\n")
    with pytest.raises(DataError, match="holds no clips"):
        vggsound_clips(table, videos)
    with pytest.raises(DataError, match="cannot be opened"):
        vggsound_clips(tmp_path / "none.csv", videos)
