import pytest

from hearsight import errors


@pytest.mark.parametrize("name", ["SoundError", "ConfigError", "DataError", "WeightsError", "MissingDependency"])
def test_one_base_catches_them_all(name):
    with pytest.raises(errors.HearsightError, match="the message"):
        raise getattr(errors, name)("the message")
