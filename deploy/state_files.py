"""Versioned JSON state files, written atomically and read by later commands and releases.

Each holds the version of its format. A file of an earlier version is migrated when it is read and
written in the present version with its next change. A file that is truncated, damaged or of a
newer release stops the command with one line that says what to do.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.console import SetupError

#: Version 1 had no number; its content was the same.
VERSION = 2

Content = dict[str, Any]


def read(path: Path, *, is_valid: Callable[[Content], bool], remedy: str) -> Content:
    """Return the content of a state file without its version; empty when there is no file.

    Args:
        is_valid: whether this release can use the content.
        remedy: what to do about a damaged file, as the end of a sentence.

    Raises:
        SetupError: it cannot be read, is damaged, or is of a newer release.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SetupError(
            f"{path} cannot be read ({error.strerror}); give this account access to it, or {remedy}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path} is damaged: it is not JSON; {remedy}") from error
    version = content.pop("version", 1) if isinstance(content, dict) else None
    if type(version) is int and version > VERSION:
        raise SetupError(
            f"{path} was written by a newer release of Portico (version {version}, this one reads "
            f"up to {VERSION}); run that release, or choose another folder with --data"
        )
    if type(version) is not int or version < 1 or not is_valid(content):
        raise SetupError(f"{path} is damaged: it is not what Portico wrote; {remedy}")
    return dict(content)


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a state file atomically; after a power cut it is the old one or the new one."""
    replace(path, json.dumps({"version": VERSION} | dict(content), indent=2))


def replace(path: Path, text: str) -> None:
    """Replace a file atomically, readable by its owner only.

    Raises:
        SetupError: it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(unfinished, flags, 0o600), "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise SetupError(f"{path} cannot be written ({error.strerror})") from error


def _sync_folder(folder: Path) -> None:
    """Sync a folder: otherwise a new file name may be lost in a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
