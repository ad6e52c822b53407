"""docs/contracts/head-end.md describes the simulator: its examples match the schema, and it leaves nothing out."""

import json
import re
from typing import get_args

import jsonschema_rs
import pytest

from connectors.head_end.contract import build_json_schema
from models.states.head_end import HeadEndOutcome
from simulator.head_end.devices import DeviceState
from simulator.head_end.settings import Settings
from tests.contract.derms.conftest import ROOT

PAGE = (ROOT / "docs/contracts/head-end.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["StatusCheckRequest", "ActionRequest", "Answers", "RequestStatus"])
def test_the_examples_match_the_schema(name):
    (example,) = re.findall(rf"```json {name}\n(.*?)```", PAGE, re.DOTALL)
    schema = {"$defs": json.loads(build_json_schema())["$defs"], "$ref": f"#/$defs/{name}"}
    jsonschema_rs.validate(schema, json.loads(example))


def test_every_setting_fault_state_and_outcome_is_described(head_end):
    settings = [name.upper() for name in Settings.model_fields]
    faults = list(head_end.http.get("/faults").json())
    named = [*settings, *faults, *get_args(DeviceState), *HeadEndOutcome]
    assert [name for name in named if f"`{name}`" not in PAGE] == []
