"""Small JSON files that a crash leaves either old or new, never half, and that only their owner reads."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Replace the file as a whole; readable by its owner alone, because most of them hold a secret."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def read_json(path: Path) -> dict[str, object]:
    """The object in the file; empty when there is none or when it cannot be understood."""
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return cast("dict[str, object]", content) if isinstance(content, dict) else {}
