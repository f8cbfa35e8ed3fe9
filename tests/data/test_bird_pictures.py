import numpy as np

from hearsight.data.bird_pictures import bird_pictures
from hearsight.data.birds import Birds


def test_pictures_are_those_of_the_birds_and_are_drawn_once(tmp_path):
    birds = Birds(size=16, count=3, held_out=1, sentences=10)
    species = birds.species("train")
    pictures = bird_pictures(birds, species, 2, tmp_path)
    assert pictures.shape == (2, 2, 3, 16, 16) and pictures.dtype == np.uint8
    np.testing.assert_array_equal(pictures[1, 0].transpose(1, 2, 0), np.asarray(birds.picture(species[1], 0)))
    files = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npy")}
    np.testing.assert_array_equal(bird_pictures(birds, species, 2, tmp_path), pictures)
    assert len(files) == 2 and files == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npy")}
    assert bird_pictures(birds, species, 3, tmp_path).shape[1] == 3  # another number, other files
