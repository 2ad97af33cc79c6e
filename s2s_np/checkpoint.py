"""Checkpoints: a model in one safetensors file, written all or not at all (book: architecture/index).

Reading one runs nothing.
"""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

FORMAT = "s2s_np 1"


class CheckpointError(ValueError):
    """A file is not a checkpoint of this package, not a whole one, of another run, or in use by one."""


def save_checkpoint(path, tensors, description):
    """Write `tensors`, a dict from name to NumPy array, and `description`, what JSON can say, to `path`.

    The file is written all or not at all, by `write_whole`. Raises OSError where the disk refuses.
    """
    data = _safetensors().save(
        {name: array.copy(order="C") for name, array in tensors.items()},
        metadata={
            "format": FORMAT,
            "description": json.dumps(description, ensure_ascii=False),
        },
    )
    write_whole(path, data)


def write_whole(path, data):
    """Write the bytes `data` to `path`, all or nothing: a reader, or a crash, sees the old file or the new one.

    The file is complete on the disk under another name before it takes its own, and the new name is on the disk when
    this returns. Raises OSError where the disk refuses.
    """
    path = Path(path)
    handle, partial = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=".partial", dir=path.parent
    )
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def load_checkpoint(path):
    """Return `(tensors, description)` as `save_checkpoint` was given them.

    Raises FileNotFoundError where there is no file, and CheckpointError for one that is truncated, not
    safetensors, or not written by this package.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    _safetensors()
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
    except (SafetensorError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{path} is not a whole safetensors file: {error}"
        ) from error
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} has format {metadata.get('format')!r}; expected {FORMAT!r}"
        )
    try:
        description = json.loads(metadata["description"])
    except (KeyError, RecursionError, ValueError) as error:
        raise CheckpointError(
            f"{path} does not say what model it holds: {error}"
        ) from error
    if not isinstance(description, dict):
        raise CheckpointError(f"{path} does not say what model it holds")
    return tensors, description


def _safetensors():
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ModuleNotFoundError(
            "checkpoints need safetensors: pip install safetensors"
        ) from error
    return safetensors.numpy


def _sync_folder(folder):
    """Bring the names in `folder` to the disk, on systems where a folder can be opened and brought there."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask():
    """Return the process's mask for new files, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
