"""docs/contracts/derms.schema.json is generated from the current code."""

from pathlib import Path

from connectors.derms.contract import build_json_schema

PUBLISHED = Path(__file__).parents[3] / "docs/contracts/derms.schema.json"


def test_the_published_contract_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == build_json_schema(), "python -m connectors.derms.contract prints it"
