"""docs/contracts/derms.md describes the simulator: its examples match the schema, and it leaves nothing out."""

import re
from pathlib import Path

import jsonschema_rs
import orjson
import pytest

from simulator.derms.grid_model import decisions
from simulator.derms.settings import Settings


@pytest.fixture(scope="module")
def contracts(request):
    return request.config.rootpath / "docs/contracts"


@pytest.fixture(scope="module")
def page(contracts):
    return (contracts / "derms.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["SyncMessage", "Acknowledgements", "MessageStatus", "MessageResults", "HeldResources"]
)
def test_the_examples_match_the_schema(page, contracts, name):
    contract = orjson.loads((contracts / "derms.schema.json").read_bytes())
    (example,) = re.findall(rf"```json {name}\n(.*?)```", page, re.DOTALL)
    jsonschema_rs.validate({"$defs": contract["$defs"], "$ref": f"#/$defs/{name}"}, orjson.loads(example))


def test_the_example_is_accepted(at_once, page):
    (example,) = re.findall(r"```json SyncMessage\n(.*?)```", page, re.DOTALL)
    assert at_once.send(orjson.loads(example)).status_code == 200


def test_every_setting_fault_and_code_is_described(derms, page):
    codes = re.findall(r'Refusal\("([A-Z_]+)"', Path(decisions.__file__).read_text(encoding="utf-8"))
    settings = [name.upper() for name in Settings.model_fields]
    faults = list(derms.http.get("/faults").json())
    assert len(codes) == 6
    assert [name for name in codes + settings + faults if f"`{name}`" not in page] == []
