"""The published contract with a head-end as one JSON Schema document: docs/contracts/head-end.schema.json.

Run `python -m connectors.head_end.contract` to print it; a test fails when the file is out of date.
"""

import json
import sys

from pydantic.json_schema import models_json_schema

from connectors.head_end.wire import ActionRequest, Answers, RequestStatus, StatusCheckRequest


def build_json_schema() -> str:
    """Returns the JSON Schema (draft 2020-12), with its documents under `$defs`."""
    sent = (StatusCheckRequest, ActionRequest, Answers, RequestStatus)
    _, schema = models_json_schema(
        [(kind, "serialization") for kind in sent],
        title="gridenroll and a head-end",
        description="StatusCheckRequest and ActionRequest go to the head-end; Answers and RequestStatus come back.",
    )
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(build_json_schema())
