"""The few exceptions Hearsight raises. A message states the value, the rule and the cure, in one line."""


class HearsightError(Exception):
    """Anything a user can put right. The command line prints its message alone and ends with code 2."""


class SoundError(HearsightError):
    """A sound that cannot be read, is empty, silent or not finite."""


class ConfigError(HearsightError):
    """A setting, recipe or argument that does not exist or has a value that cannot work."""


class DataError(HearsightError):
    """A data folder, manifest or picture that is not what was asked for."""


class WeightsError(HearsightError):
    """Weights that are missing, unexpected, misshaped or in an unsafe file."""


class MissingDependency(HearsightError):
    """An optional library or program that is not installed."""
