"""Features of files: taken one after the other, kept on disk by content, shared among processes.

In memory there is a path, a hash and a place for every file, nothing else, so that sets of any size can be measured.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.feature_store import FeatureStore, StoredRows, content_hash
from hearsight.evaluation.processes import Processes

Progress = Callable[[int, int], None]


def extract(
    network: FeatureNetwork,
    paths: Sequence[Path],
    cache: Path,
    *,
    batch: int = 1,
    processes: Processes | None = None,
    progress: Progress | None = None,
) -> StoredRows:
    """The features of files, in their order; only what `cache` does not hold yet is looked at.

    Args:
        cache: a folder, which may hold the features of other networks and other files.
        batch: files that are encoded at once. Only with 1 are a file's features the same bits in any company and with
            any number of `processes`; more is quicker on a GPU and changes the last bits.
        progress: called as (done, all) after every file that this process looks at.

    Raises DataError for a file that cannot be read; what was done before is kept.
    """
    processes = processes or Processes()
    contents = [content_hash(path) for path in paths]
    store = FeatureStore(cache / network.key, network.width)
    missing = {content: path for content, path in zip(contents, paths, strict=True) if content not in store}
    # By content, not by place in the list: another process may already have added some.
    share = {content: path for content, path in missing.items() if processes.takes(content[0] << 8 | content[1])}
    _add(network, share, store, batch, progress)
    processes.wait()
    store.reload()
    # What a process that ended early has left.
    _add(network, {content: path for content, path in missing.items() if content not in store}, store, batch, None)
    store.reload()
    return store.rows(contents)


@torch.inference_mode()
def _add(
    network: FeatureNetwork, files: dict[bytes, Path], store: FeatureStore, batch: int, progress: Progress | None
) -> None:
    if not files:
        return
    items = list(files.items())
    with store.writing() as write:
        for start in range(0, len(items), batch):
            some = items[start : start + batch]
            features = network.encode([network.read(path) for _, path in some]).float().cpu().numpy()
            for (content, _), row in zip(some, features, strict=True):
                write(content, row)
            if progress:
                progress(min(start + batch, len(items)), len(items))
