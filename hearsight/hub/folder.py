"""A system folder: config.json, one safetensors file per component, and a card (README.md).

audioclip_diffusion/
  config.json              {"system": "audioclip-diffusion", "version": "0.1.0", "config": {…}}
  audioclip.safetensors
  unet.safetensors
  README.md
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hearsight.errors import ConfigError, WeightsError
from hearsight.files import write_atomically

if TYPE_CHECKING:
    from torch import Tensor, nn

CONFIG = "config.json"
CARD = "README.md"
PIPELINE = "pipeline"
"""Where a system folder keeps a pipeline of diffusers, in diffusers' own form."""
POCKET = Path(__file__).parent.parent / "pocket"
"""Where the systems that ship with the package lie."""

Precision = Literal["float32", "float16", "bfloat16"]


def resolve(name_or_path: str | Path) -> Path:
    """The folder of a system: the name of one that ships with the package, a folder, or the id of a hub repository.

    A hub repository is downloaded once and then found in the cache. Raises ConfigError where there is none.
    """
    shipped = POCKET / str(name_or_path).replace("-", "_")
    if _is_name(str(name_or_path)) and (shipped / CONFIG).is_file():
        return shipped
    folder = Path(name_or_path)
    if (folder / CONFIG).is_file():
        return folder
    if folder.is_dir():
        raise ConfigError(f"{folder}: no {CONFIG} here, so it is no system; give a folder made by save_pretrained.")
    if str(name_or_path).count("/") == 1 and not str(name_or_path).startswith((".", "/", "~")):
        return _download(str(name_or_path))
    raise ConfigError(
        f"{name_or_path}: neither a shipped system ({', '.join(shipped_names()) or 'there are none'}), nor a folder, "
        "nor a hub id (owner/name)."
    )


def shipped_names() -> list[str]:
    """The names of the systems that ship with the package."""
    systems = (config for config in POCKET.glob(f"*/{CONFIG}") if "system" in json.loads(config.read_text()))
    return sorted(config.parent.name.replace("_", "-") for config in systems)


def read_config(folder: Path) -> dict[str, Any]:
    """The content of a folder's config.json, with at least `system` and `config`."""
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{folder}: has no {CONFIG}; give a folder made by save_pretrained.") from None
    except ValueError as error:
        raise ConfigError(f"{folder / CONFIG}: not valid JSON ({error}); save the system again.") from None
    if not isinstance(content, dict) or not isinstance(content.get("config"), dict) or "system" not in content:
        raise ConfigError(f"{folder / CONFIG}: lacks `system` and `config`; save the system again.")
    return content


def write_config(folder: Path, system: str, config: Mapping[str, Any]) -> None:
    """Write config.json."""
    from hearsight import __version__

    content = {"system": system, "version": __version__, "config": config}
    with write_atomically(folder / CONFIG) as partial:
        partial.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def save_weights(module: "nn.Module", file: Path, precision: Precision = "float32") -> None:
    """Write a module's state as safetensors, its floating-point numbers in `precision`."""
    save_state(module.state_dict(), file, precision)


def save_state(
    state: "Mapping[str, Tensor]", file: Path, precision: Precision, metadata: dict[str, str] | None = None
) -> None:
    """Write tensors as safetensors, their floating-point numbers in `precision`; a shared one is written each time."""
    import torch
    from safetensors.torch import save_file

    kind = getattr(torch, precision)
    written = {
        key: (value.to(kind) if value.is_floating_point() else value).detach().cpu().contiguous().clone()
        for key, value in state.items()
    }
    with write_atomically(file) as partial:
        save_file(written, partial, metadata)
        partial.chmod(0o644)  # safetensors makes files that nobody else may read


def load_weights(module: "nn.Module", file: Path, cure: str = "") -> None:
    """Fill a module from a safetensors file; half-precision numbers widen to the module's own type.

    Strict: raises WeightsError listing everything missing, unexpected or misshaped, and then changes nothing. `cure`
    is a sentence that ends the message: what the reader can do about it.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state = load_file(file)
    except FileNotFoundError:
        raise WeightsError(f"{file}: these weights are missing; download or save the system again.") from None
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{file}: not a safetensors file that can be read ({error}); copy it again.") from None
    problems = mismatches(
        {key: tuple(value.shape) for key, value in module.state_dict().items()},
        {key: tuple(value.shape) for key, value in state.items()},
    )
    if problems:
        raise WeightsError(f"{file}: does not fit its config: {problems}. {cure}".rstrip())
    module.load_state_dict(state)


def mismatches(wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> str:
    """What keeps `found` shapes from filling the `wanted` ones, or an empty string."""
    missing = sorted(wanted.keys() - found.keys())
    unexpected = sorted(found.keys() - wanted.keys())
    misshaped = [
        f"{key} is {list(found[key])} instead of {list(wanted[key])}"
        for key in sorted(wanted.keys() & found.keys())
        if wanted[key] != found[key]
    ]
    kinds = (("missing", missing), ("unexpected", unexpected), ("misshaped", misshaped))
    return "; ".join(f"{kind} ({len(names)}): {', '.join(names)}" for kind, names in kinds if names)


def weight_files(folder: Path) -> list[Path]:
    """All weight files of a folder and of the pipeline in it."""
    return sorted([*folder.glob("*.safetensors"), *(folder / PIPELINE).rglob("*.safetensors")])


def megabytes(folder: Path) -> float:
    """All weight files of a folder together."""
    return sum(file.stat().st_size for file in weight_files(folder)) / 1e6


def weights_sha256(folder: Path) -> str:
    """One hash over all weight files of a folder and of the pipeline in it, names included."""
    total = hashlib.sha256()
    for file in weight_files(folder):
        with file.open("rb") as stream:
            total.update(
                f"{file.relative_to(folder).as_posix()} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode()
            )
    return total.hexdigest()


def push(folder: Path, repo_id: str, *, private: bool = False, token: str | None = None) -> str:
    """Upload a system folder to the Hugging Face hub, creating the repository if need be; returns its address."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi(token=token)
    try:
        address = api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(repo_id=repo_id, folder_path=folder, commit_message=f"Upload {folder.name}")
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = _first_line(error)
        raise ConfigError(f"{repo_id}: could not be pushed ({reason}); log in with `hf auth login`.") from None
    return str(address)


def _download(repo_id: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(repo_id, allow_patterns=["*.json", "*.safetensors", "*.md", "*.txt"]))
    except (OSError, ValueError) as error:  # the hub's own errors, connection errors and offline mode are all OSErrors
        raise ConfigError(
            f"{repo_id}: neither a folder here nor found on the hub ({_first_line(error)}); check the name, or the "
            f"connection. Systems that need neither: {', '.join(shipped_names()) or 'none'}."
        ) from None
    if not (folder / CONFIG).is_file():
        raise ConfigError(f"{repo_id}: this repository has no {CONFIG}, so it is no Hearsight system.")
    return folder


def _is_name(text: str) -> bool:
    return text.replace("-", "").replace("_", "").isalnum()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
