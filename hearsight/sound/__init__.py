"""Station 1: a file, bytes or array becomes a `Sound`, and a Sound the windows and spectra that encoders listen to."""

from hearsight.sound.sound import Sound

__all__ = ["Sound"]
