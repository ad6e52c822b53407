"""Reads and writes small JSON files that a crash never leaves half written and that only their owner can read."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Replaces the whole file. Only its owner can read it, because most of these files hold a secret."""
    new_path = path.with_name(f"{path.name}.new")
    new_path.unlink(missing_ok=True)
    descriptor = os.open(new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    new_path.replace(path)


def read_json(path: Path) -> dict[str, object]:
    """Returns the object in the file; an empty one if there is no file or no valid object in it."""
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return cast("dict[str, object]", content) if isinstance(content, dict) else {}
