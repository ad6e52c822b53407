"""docs/contracts/derms.schema.json is what the code says, no more and no less."""

from pathlib import Path

from connectors.derms.contract import contract

PUBLISHED = Path(__file__).parents[2] / "docs/contracts/derms.schema.json"


def test_the_published_contract_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == contract(), "python -m connectors.derms.contract prints it"
