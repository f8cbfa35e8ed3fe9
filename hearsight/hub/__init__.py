"""System folders: how they are saved, loaded, found and published. Knows nothing of any one system."""

from hearsight.hub.card import Card, Source
from hearsight.hub.folder import resolve

__all__ = ["Card", "Source", "resolve"]
