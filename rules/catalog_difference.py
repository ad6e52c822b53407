"""What applying a catalogue would change, in words a program manager reads before saying yes."""

from typing import Literal

from pydantic import Field, JsonValue

from models.catalog import KINDS, Catalog, Configured
from models.values import Value
from rules.catalog_references import entries


class Change(Value):
    """One configuration object that appears, disappears or changes, and the fields that differ."""

    kind: str
    code: str
    change: Literal["added", "removed", "changed"]
    fields: dict[str, tuple[JsonValue, JsonValue]] = Field(default_factory=dict)


def _fields(before: Configured, after: Configured) -> dict[str, tuple[JsonValue, JsonValue]]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {name: (old.get(name), new.get(name)) for name in new if old.get(name) != new.get(name)}


def difference(before: Catalog, after: Catalog) -> tuple[Change, ...]:
    """The changes from one catalogue to another, in the order of the document; empty when they are equal."""
    changes: list[Change] = []
    for kind in KINDS:
        old = {entry.code: entry for entry in entries(before, kind)}
        new = {entry.code: entry for entry in entries(after, kind)}
        changes += [Change(kind=kind, code=code, change="removed") for code in old if code not in new]
        for code, entry in new.items():
            if code not in old:
                changes.append(Change(kind=kind, code=code, change="added"))
            elif old[code] != entry:
                changes.append(Change(kind=kind, code=code, change="changed", fields=_fields(old[code], entry)))
    if before.master_configuration != after.master_configuration:
        dumped = [
            side and side.model_dump(mode="json") for side in (before.master_configuration, after.master_configuration)
        ]
        changes.append(
            Change(
                kind="master_configuration",
                code="master_configuration",
                change="changed" if dumped[0] else "added",
                fields={"master_configuration": (dumped[0], dumped[1])},
            )
        )
    return tuple(changes)
