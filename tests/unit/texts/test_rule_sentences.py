"""Each code that a rule can find has its sentence, and each sentence its code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from rules.field_error import FieldError
from rules.finding import failed, passed
from wording.findings import decisions, field_errors
from wording.templates import fill

RULES = Path(__file__).parents[3] / "rules"
FINDERS = ("passed", "failed", "warned", "waitlisted", "undecided")
SAID_BY_PYDANTIC = {"not_valid"}
CODE = re.compile(r"[a-z]+(_[a-z]+)+|required")


def _strings(of: str) -> Iterator[tuple[str, str]]:
    """Every text in a call of the function, and the names of the values given with it."""
    for path in RULES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == of and len(node.args) > 1:
                for part in ast.walk(node.args[1]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value, path.name


FOUND = {code for finder in FINDERS for code, _ in _strings(finder)}
WRONG = {code for code, _ in _strings("FieldError")} - SAID_BY_PYDANTIC


def test_every_finding_has_a_sentence() -> None:
    assert FOUND - decisions.SENTENCES.keys() <= {"code"}


def test_every_field_error_has_a_sentence() -> None:
    whole = {code for code in WRONG if CODE.fullmatch(code)}
    assert whole <= field_errors.SENTENCES.keys()


@pytest.mark.parametrize("code", [*decisions.SENTENCES, *field_errors.SENTENCES])
def test_every_sentence_is_of_a_code_that_the_rules_have(code: str) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in RULES.rglob("*.py"))
    assert f'"{code}"' in text or re.sub(r"^(number|device_count)_", "{what}_", code) in text


def test_no_code_has_two_sentences() -> None:
    assert not decisions.SENTENCES.keys() & field_errors.SENTENCES.keys()


@pytest.mark.parametrize("code", decisions.SENTENCES)
def test_a_reason_is_a_whole_sentence_and_so_is_what_would_help(code: str) -> None:
    sentence = decisions.SENTENCES[code]
    assert sentence.reason.endswith(".")
    assert not sentence.fix or sentence.fix.endswith(".")
    assert all(name.isidentifier() for _, name, _, _ in Formatter().parse(sentence.reason) if name is not None)


def test_a_finding_keeps_its_code_and_its_values_beside_the_sentence() -> None:
    found = decisions.describe_finding(
        failed(
            "start_within", "start_too_far_ahead", "/start_date", requested="2026-09-01", days=30, latest="2026-07-31"
        )
    )
    assert found.reason == "The start date 2026-09-01 lies more than 30 days ahead."
    assert found.fix == "Choose a date up to 2026-07-31."
    assert found.code == "start_too_far_ahead"
    assert found.parameters == {"requested": "2026-09-01", "days": 30, "latest": "2026-07-31"}
    assert decisions.describe_finding(passed("capacity", "capacity_available")).fix == ""


@pytest.mark.parametrize(
    ("template", "value", "said"),
    [
        ("{v}", ["a", "b"], "a, b"),
        ("{v:codes}", {"codes": ["a", "b"], "more": 0}, "a, b"),
        ("{v:codes}", {"codes": ["a", "b"], "more": 3}, "a, b and 3 more"),
        ("{v:range}", [1, 1], "1"),
        ("{v:range}", [1, 3], "1 to 3"),
        ("{v:power_range}", {"minimum": "5"}, "at least 5 kW"),
        ("{v:power_range}", {"minimum": "5", "maximum": "10"}, "at least 5 kW and at most 10 kW"),
        ("{v:pairs}", [["a", "b"], ["c", "d"]], "a with b; c with d"),
        ("{v:answers}", {"two": ["yes", "no"], "three": []}, "two with one of: yes, no; three"),
        ("{v:by_kind}", {"ev": {"codes": ["garage"], "more": 0}}, "ev: garage"),
        ("{v:area}", {"postal_codes": {"codes": ["1", "2"], "more": 0}}, "postal codes 1, 2"),
        ("{v:either}", ["/a", "/b"], "/a or /b"),
    ],
)
def test_values_are_written_as_english_has_them(template: str, value: Any, said: str) -> None:
    assert fill(template, {"v": value}) == said


def test_braces_in_a_value_are_no_template() -> None:
    assert fill("{v}", {"v": "{x}"}) == "{x}"


def test_a_finding_at_a_field_is_said_with_what_would_help() -> None:
    error = FieldError("/start_date", "start_in_past", {"requested": "2026-06-01", "earliest": "2026-07-01"})
    assert field_errors.describe_field_error(error).detail == (
        "The start date 2026-06-01 is in the past. Choose 2026-07-01 or later."
    )
