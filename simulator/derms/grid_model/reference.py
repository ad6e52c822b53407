"""The reference data: which head-ends, programs and feeders the DERMS knows. By default it knows all of them."""

from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict

from simulator.shared.store import Store

Codes = frozenset[str] | Literal["*"]
"""The codes that the DERMS knows; `*` for all."""


class Reference(BaseModel):
    """The codes of each kind that the DERMS knows."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    head_ends: Codes = "*"
    programs: Codes = "*"
    feeders: Codes = "*"

    def knows_head_end(self, code: str) -> bool:
        return self.head_ends == "*" or code in self.head_ends

    def knows_program(self, code: str) -> bool:
        return self.programs == "*" or code in self.programs

    def knows_feeder(self, code: str) -> bool:
        return self.feeders == "*" or code in self.feeders


class ReferenceRepository:
    """Keeps the reference data in the store, with a copy in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        rows = store.connection.execute("SELECT kind, known FROM reference")
        self.current = Reference.model_validate_json(orjson.dumps({kind: orjson.loads(known) for kind, known in rows}))

    def replace(self, reference: Reference) -> None:
        rows = [(kind, orjson.dumps(known)) for kind, known in reference.model_dump(mode="json").items()]
        with self._store.transaction():
            self._store.connection.executemany(
                "INSERT INTO reference (kind, known) VALUES (?, ?)"
                " ON CONFLICT (kind) DO UPDATE SET known = excluded.known",
                rows,
            )
        self.current = reference
