"""tests/word_lint.py finds refused words wherever people read them, and nothing else."""

from pathlib import Path

import pytest

from tests import word_lint

ROOT = Path(__file__).parents[3]

REFUSED_IN_PYTHON = [
    ("a function's name", "def told(): ..."),
    ("a method's name", "class A:\n    async def tell_derms(self): ..."),
    ("a class's name", "class WaysIn: ..."),
    ("a parameter", "def f(standing): ..."),
    ("a variable", "handed_over = True"),
    ("an attribute", "self.happenings = []"),
    ("an alias", "import json as house"),
    ("a docstring", '"""Open the door."""'),
    ("a docstring of a value", 'X = 1\n"""What is told."""'),
    ("a comment", "x = 1  # told by the DERMS"),
    ("a text", 'raise ValueError("The order was handed over.")'),
    ("a part of a text", 'print(f"{x} was told")'),
    ("a British spelling", '"""Normalise the enrolment."""'),
    ("an incomplete term", '"""Write the trail."""'),
    ("an ambiguous term", '"""Start the flow of the enrollment."""'),
]

ACCEPTED_IN_PYTHON = [
    ("longer words", '"""Warehouse, outdoors, understanding, untold, trailer, withstanding."""'),
    ("process flows and workflows", '"""Finish the process flow; start the workflow."""'),
    ("the term itself", '"""Write the audit trail of the enrollment."""'),
    ("a variable of that type", "def f(trail: AuditTrail): ..."),
    ("a recorded name", '@activity.defn(name="told")\nasync def notify(): ...'),
    ("a stored code", 'STATE = "handed_over"'),
    ("a name that is only used", "x = event.told"),
    ("code in prose", '"""Return the `standing` field of `hand-over/syn_…`."""'),
    ("a path in prose", '"""See docs/decisions/0099-hand-over.md."""'),
]


@pytest.mark.parametrize("code", [code for _, code in REFUSED_IN_PYTHON], ids=[name for name, _ in REFUSED_IN_PYTHON])
def test_a_refused_word_is_found_in(code: str) -> None:
    assert word_lint.find_in_python("rules/a.py", code)


@pytest.mark.parametrize("code", [code for _, code in ACCEPTED_IN_PYTHON], ids=[name for name, _ in ACCEPTED_IN_PYTHON])
def test_nothing_is_found_in(code: str) -> None:
    assert word_lint.find_in_python("rules/a.py", code) == []


def test_the_short_form_is_accepted_in_files_about_process_flows() -> None:
    code = '"""Renew the flow."""\nflow = 1'
    assert word_lint.find_in_python("operations/guided_flow/drafts.py", code) == []
    assert len(word_lint.find_in_python("workflows/enroll.py", code)) == 2


def test_a_file_name_counts() -> None:
    assert [found.words for found in word_lint.find_in_python("rules/ways_in.py", "")] == ["ways_in"]


def test_fields_of_models_are_recorded_and_stay() -> None:
    code = "class SyncTurn(Message):\n    handed_over: bool = False"
    assert word_lint.find_in_python("models/messages/a.py", code) == []
    assert word_lint.find_in_python("workflows/a.py", code)


def test_texts_of_tests_are_data_and_their_docstrings_are_not() -> None:
    assert word_lint.find_in_python("tests/unit/test_a.py", 'x = "nobody opened the door"') == []
    assert word_lint.find_in_python("tests/unit/test_a.py", '"""Nobody opened the door."""')


def test_a_word_is_found_on_its_line() -> None:
    (found,) = word_lint.find_in_python("rules/a.py", '"""First.\n\nNobody is told.\n"""')
    assert (found.line, found.words) == (3, "told")


def test_pages_are_read_without_their_code() -> None:
    page = "# Title\n\n```text\ntold\n```\n`told`, [status](#told)\n\nThe DERMS is told.\n"
    assert [(found.line, found.words) for found in word_lint.find_in_page("docs/a.md", page)] == [(8, "told")]


def test_an_allowed_use_passes_in_its_files_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_lint, "ALLOWED", (word_lint.Allowed("rules/", "outlook", "a field of the API"),))
    assert word_lint.find_in_python("rules/a.py", "outlook = 1") == []
    assert word_lint.find_in_python("api/a.py", "outlook = 1")


def test_every_allowed_use_has_a_reason_and_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = word_lint.ALLOWED
    monkeypatch.setattr(word_lint, "ALLOWED", ())
    found = list(word_lint.find(ROOT))
    for one in allowed:
        assert len(one.reason.split()) > 2, one
        assert any(path.startswith(one.path) and each.words == one.words for path, each in found), one
