"""What a folder of weights holds, before anything of it is loaded."""

import json
from pathlib import Path

from hearsight.hub.folder import CONFIG, POCKET


def trained_folder(source: str) -> tuple[Path, str]:
    """The folder that `source` names (one that ships with the package goes first) and what it holds.

    That is a network's name, `system` for a whole system, and nothing ("") for whatever has no config.json of ours: a
    published file, a folder of another library, a hub id.
    """
    shipped = POCKET / source.replace("-", "_")
    folder = shipped if source and (shipped / CONFIG).is_file() else Path(source)
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return folder, ""
    if not isinstance(content, dict):
        return folder, ""
    return folder, content.get("network") or ("system" if "system" in content else "")
