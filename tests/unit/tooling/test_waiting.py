"""A wait ends as soon as possible, and a failed one says what was awaited and what there was instead."""

import pytest

from tests.waiting import wait_for, wait_until


def test_a_wait_returns_the_first_true_value() -> None:
    values = iter([None, 0, "there", "later"])
    assert wait_for(lambda: next(values)) == "there"


def test_a_failed_wait_reports_the_condition_its_values_and_the_actual_value() -> None:
    state = "sending"
    with pytest.raises(AssertionError) as failed:
        wait_for(lambda: state == "synchronized", instead=lambda: {"attempts": 3}, seconds=0)
    said = str(failed.value)
    assert 'state == "synchronized"' in said
    assert "{'state': 'sending'}" in said
    assert said.endswith("there was {'attempts': 3}")


async def test_an_asynchronous_wait_returns_the_observed_value() -> None:
    answers = iter(["requested", "enrolled"])

    async def look() -> str:
        return next(answers)

    assert await wait_until(look, lambda seen: seen == "enrolled", "the end") == "enrolled"
