"""Reading prepared shards back: pairs of a sound and a picture that belong together, as a stream to train on."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from hearsight.data.pairs import Split
from hearsight.data.prepare import MANIFEST
from hearsight.data.prepare_bench import read_json
from hearsight.data.shard_writer import require_webdataset
from hearsight.errors import DataError
from hearsight.sound.sound import Sound

if TYPE_CHECKING:
    from torch.utils.data import IterableDataset


@dataclass(frozen=True, eq=False)
class Pair:
    """What was heard, what was seen at the same time, and what both are."""

    sound: Sound
    """Mono, as long as the set's settings say."""
    picture: Image.Image
    """RGB, of any proportions."""
    label: str
    """Their class."""
    about: Mapping[str, Any]
    """The clip they come from, its seconds, and what the judges said."""


class Shards:
    """A folder that `prepare` filled."""

    def __init__(self, folder: Path) -> None:
        """Reads the manifest alone. Raises DataError where there is none, or a shard that it names is not there."""
        self.folder = folder
        if not (folder / MANIFEST).is_file():
            raise DataError(f"{folder}: no {MANIFEST} here, so no finished shards; run `hearsight data prepare`.")
        self.manifest = read_json(folder / MANIFEST)
        for split in self.manifest["splits"].values():
            for shard in split["shards"]:
                if not (folder / shard["file"]).is_file():
                    raise DataError(f"{folder / shard['file']}: the manifest names this shard; copy the folder again.")

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of the set, sorted."""
        return tuple(self.manifest["labels"])

    def count(self, split: Split = "train") -> int:
        """How many pairs a split has."""
        return self.manifest["splits"].get(split, {}).get("pairs", 0)

    def stream(self, split: Split = "train", *, shuffle: int = 0, seed: int = 0) -> "IterableDataset[Pair]":
        """The pairs of a split, read as they are asked for; each iteration is one pass.

        Shards are dealt out to the processes of a distributed training and to the workers of a DataLoader, so that
        each pair is seen once: have as many shards as readers, or more.

        Args:
            shuffle: pairs held back to be drawn from at random; shards are shuffled too, and every pass differently.
                0 keeps the stored order.
            seed: of the shuffling.

        Raises DataError for a split without pairs; while it is read, SoundError for a damaged sound.
        """
        require_webdataset()
        import webdataset

        about = self.manifest["splits"].get(split, {})
        files = [str((self.folder / shard["file"]).absolute()) for shard in about.get("shards", ())]
        if not files:
            raise DataError(f"{self.folder}: has no pair in split {split!r}; it has {self._splits()}.")
        stored = webdataset.WebDataset(
            files,
            shardshuffle=len(files) if shuffle else False,
            detshuffle=True,
            seed=seed,
            nodesplitter=webdataset.split_by_node,
            empty_check=False,  # with fewer shards than readers, some have nothing to read
        )
        if shuffle:
            stored = stored.compose(webdataset.detshuffle(shuffle, shuffle, seed))
        return stored.map(read_pair)

    def _splits(self) -> str:
        return ", ".join(f"{name} ({split['pairs']})" for name, split in self.manifest["splits"].items()) or "none"


def read_pair(sample: Mapping[str, Any]) -> Pair:
    """A pair from the members that WebDataset found under one key. Raises DataError where one is missing or broken."""
    key = sample.get("__key__", "?")
    try:
        about = json.loads(sample["json"])
        sound = Sound.read(sample["flac"], name=about["clip"])
        picture = Image.open(io.BytesIO(sample["jpg"])).convert("RGB")
    except (KeyError, ValueError, OSError) as error:
        raise DataError(f"{key}: not a pair of sound and picture ({error!r}); prepare the videos again.") from None
    return Pair(sound, picture, about["label"], about)
