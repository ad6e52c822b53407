"""The changes that applying a catalog would make, for a program manager to review before confirming."""

from typing import Literal

from pydantic import Field, JsonValue

from models.catalog.catalog import CATALOG_LISTS, Catalog
from models.catalog.entry import CatalogEntry
from models.values import Value
from rules.catalog.references import get_entries


class CatalogChange(Value):
    """One configuration object that appears, disappears or changes, and the fields that differ."""

    kind: str
    code: str
    change: Literal["added", "removed", "changed"]
    fields: dict[str, tuple[JsonValue, JsonValue]] = Field(default_factory=dict)


def _changed_fields(before: CatalogEntry, after: CatalogEntry) -> dict[str, tuple[JsonValue, JsonValue]]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {name: (old.get(name), new.get(name)) for name in new if old.get(name) != new.get(name)}


def compare_catalogs(before: Catalog, after: Catalog) -> tuple[CatalogChange, ...]:
    """Returns the changes from one catalog to another, in the order of the document; empty when they are equal."""
    changes: list[CatalogChange] = []
    for kind in CATALOG_LISTS:
        old = {entry.code: entry for entry in get_entries(before, kind)}
        new = {entry.code: entry for entry in get_entries(after, kind)}
        changes += [CatalogChange(kind=kind, code=code, change="removed") for code in old if code not in new]
        for code, entry in new.items():
            if code not in old:
                changes.append(CatalogChange(kind=kind, code=code, change="added"))
            elif old[code] != entry:
                changes.append(
                    CatalogChange(kind=kind, code=code, change="changed", fields=_changed_fields(old[code], entry))
                )
    if before.master_configuration != after.master_configuration:
        dumped = [
            side and side.model_dump(mode="json") for side in (before.master_configuration, after.master_configuration)
        ]
        changes.append(
            CatalogChange(
                kind="master_configuration",
                code="master_configuration",
                change="changed" if dumped[0] else "added",
                fields={"master_configuration": (dumped[0], dumped[1])},
            )
        )
    return tuple(changes)
