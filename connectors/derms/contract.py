"""The published contract with a DERMS as one JSON Schema document: the content of docs/contracts/derms.schema.json.

Run `python -m connectors.derms.contract` to print it; a test fails when the file is out of date.
"""

import json
import sys

from pydantic.json_schema import models_json_schema

from connectors.derms.wire import (
    Acknowledgements,
    HeldResources,
    MessageResults,
    MessageStatus,
    SyncMessage,
    SyncMessageBatch,
)


def build_json_schema() -> str:
    """Returns the JSON Schema (draft 2020-12), with its documents under `$defs`."""
    _, schema = models_json_schema(
        [
            (SyncMessage, "serialization"),
            (SyncMessageBatch, "serialization"),
            (MessageResults, "serialization"),
            (Acknowledgements, "serialization"),
            (MessageStatus, "serialization"),
            (HeldResources, "validation"),
        ],
        title="gridenroll and a DERMS",
        description="SyncMessage and SyncMessageBatch go to the DERMS; the others come back.",
    )
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(build_json_schema())
