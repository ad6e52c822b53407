"""Who may unenroll, which devices with which removal method, and the effects of the reason.

See docs/domain.md#unenroll.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalog.programs import Program, SubscriptionType
from models.catalog.service_tasks import ServiceTaskType
from models.classifications import AssetOwnership, Channel, RemovalMethod
from models.decision import DecisionOutcome, Verdict
from models.requests.unenrollment import UnenrollmentApplication
from models.states.subscription import SubscriptionState
from rules.unenrollment import decide as rules
from rules.unenrollment.decide import ParticipatingDevice, UnenrollmentFacts
from tests.unit.conftest import PROGRAM
from wording.findings.decisions import describe_finding

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
REASONS = [
    {"code": "opt_out", "description": "No more", "stops_control_first": True},
    {"code": "tampering", "description": "Tampering", "approval": True, "channels": ["csr"]},
    {"code": "life_support", "description": "Life support", "ignores_minimum_term": True},
]
TASK: Mapping[str, Any] = {"code": "leave", "description": "x", "process_flow": "unenroll", "reasons": REASONS}
NO_CHANGE: Mapping[str, Any] = {}
MINE, THEIRS = AssetOwnership.CUSTOMER_OWNED, AssetOwnership.UTILITY_OWNED


def facts(
    *,
    program: Mapping[str, Any] | None = None,
    task: Mapping[str, Any] | None = NO_CHANGE,
    term: Mapping[str, Any] | None = None,
    ask: Mapping[str, Any] | None = None,
    owners: tuple[AssetOwnership, ...] = (MINE, MINE, MINE),
    **changes: Any,
) -> UnenrollmentFacts:
    """Build facts at noon UTC on 1 July 2026 that pass every rule."""
    made = UnenrollmentFacts(
        instant=NOW,
        submitted_on=date(2026, 7, 1),
        effective_at=NOW,
        zone=ZoneInfo("America/Chicago"),
        program=Program.model_validate({**PROGRAM, **(program or {})}),
        task=None if task is None else ServiceTaskType.model_validate({**TASK, **task}),
        subscription_type=SubscriptionType.model_validate({"code": "t", "description": "x", **(term or {})}),
        application=UnenrollmentApplication.model_validate(
            {"subscription": "PS-1", "reason": "opt_out", **(ask or {})}
        ),
        channel=Channel.CSR,
        state=SubscriptionState.ACTIVE,
        start_at=datetime(2026, 1, 15, 18, tzinfo=UTC),
        devices=tuple(ParticipatingDevice(f"dev_{at}", f"SN{at}", owner) for at, owner in enumerate(owners)),
    )
    return replace(made, **changes)


def named(*devices: str, method: str | None = None) -> dict[str, Any]:
    return {"devices": [{"device": device, "removal_method": method} for device in devices]}


def leaving(found: UnenrollmentFacts) -> list[str]:
    return [departure.device_id for departure in rules.plan_removals(found)]


def failures(found: UnenrollmentFacts) -> set[str]:
    return {finding.rule for finding in rules.decide_unenrollment(found).findings if finding.verdict is Verdict.FAILED}


def test_a_request_without_devices_unenrolls_all() -> None:
    assert leaving(facts()) == ["dev_0", "dev_1", "dev_2"]
    assert rules.ends_subscription(facts())


def test_a_request_names_devices_by_id_or_serial_number() -> None:
    found = facts(ask=named("dev_2", "sn-0"))
    assert leaving(found) == ["dev_0", "dev_2"]
    assert not rules.ends_subscription(found)


def test_all_devices_leave_if_too_few_would_stay() -> None:
    found = facts(ask=named("dev_0", "dev_1"), program={"devices": {"minimum": 2, "maximum": 4}})
    assert len(leaving(found)) == 3
    assert rules.enough_devices_stay(found).verdict is Verdict.WARNED


@pytest.mark.parametrize(
    ("owner", "usual", "visits", "method"),
    [
        (THEIRS, "keep", False, "keep"),
        (THEIRS, "utility_removal", False, "utility_removal"),
        (THEIRS, "ship_back", False, "ship_back"),
        (MINE, "utility_removal", False, "keep"),
        (MINE, "utility_removal", True, "utility_removal"),
        (MINE, "ship_back", True, "keep"),
    ],
)
def test_the_program_sets_the_removal_method_of_utility_devices(
    owner: AssetOwnership, usual: str, visits: bool, method: str
) -> None:
    found = facts(program={"removal_method": usual, "visits_customer_owned": visits}, owners=(owner,))
    assert [departure.method for departure in rules.plan_removals(found)] == [RemovalMethod(method)]


def test_a_requested_removal_method_is_used() -> None:
    found = facts(ask=named("dev_0", method="ship_back"), owners=(THEIRS, THEIRS))
    assert rules.plan_removals(found)[0].method is RemovalMethod.SHIP_BACK


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"state": SubscriptionState.SUSPENDED}, ""),
        ({"state": SubscriptionState.ENDED}, "subscription_open"),
        ({"state": SubscriptionState.PENDING}, "subscription_open"),
        ({"ask": named("dev_9")}, "devices_known"),
        ({"ask": named("dev_0", "SN-0")}, "devices_once"),
        ({"ask": named("dev_0", method="ship_back")}, "removal_possible"),
        ({"ask": named("dev_0", method="ship_back"), "owners": (THEIRS, MINE)}, ""),
        ({"ask": {"reason": None}}, ""),
        ({"ask": {"reason": None}, "task": {"reason_required": True}}, "reason_given"),
        ({"ask": {"reason": "boredom"}}, "reason_given"),
        ({"ask": {"reason": "boredom"}, "task": {"reasons": []}}, ""),
        ({"ask": {"reason": "move_out"}}, ""),
        ({"ask": {"reason": "tampering"}}, ""),
        ({"ask": {"reason": "tampering"}, "channel": Channel.SELF_SERVICE}, "reason_channel"),
        ({"ask": {"effective_date": "2026-07-01"}}, ""),
        ({"ask": {"effective_date": "2026-06-30"}}, "effective_date"),
        ({"term": {"minimum_term_days": 167}}, ""),
        ({"term": {"minimum_term_days": 168}}, "minimum_term"),
        ({"term": {"minimum_term_days": 168, "minimum_term": "warn"}}, ""),
        ({"term": {"minimum_term_days": 168}, "ask": {"reason": "life_support"}}, ""),
        ({"term": {"minimum_term_days": 168}, "ask": {"reason": "move_out"}}, ""),
        ({"task": None}, ""),
    ],
)
def test_each_rule_refuses_exactly_its_case(changes: dict[str, Any], rule: str) -> None:
    assert failures(facts(**changes)) == ({rule} if rule else set())


def test_the_minimum_term_ends_at_the_premises_midnight() -> None:
    term = {"minimum_term_days": 168}
    midnight = datetime(2026, 7, 2, 5, tzinfo=UTC)
    assert failures(facts(term=term, effective_at=midnight - timedelta(seconds=1))) == {"minimum_term"}
    assert failures(facts(term=term, effective_at=midnight)) == set()


def test_an_advisory_minimum_term_warns() -> None:
    found = facts(term={"minimum_term_days": 168, "minimum_term": "warn"})
    assert rules.minimum_term(found).verdict is Verdict.WARNED
    assert rules.decide_unenrollment(found).outcome is DecisionOutcome.ACCEPTED


def test_a_move_out_overrides_every_restriction() -> None:
    """No minimum term, approval, or restriction of reasons applies."""
    out = {"code": "move_out", "description": "Out", "channels": ["self_service"]}
    ask, task = {"reason": "move_out"}, {"reasons": [out], "approval": True}
    held = facts(term={"minimum_term_days": 168}, ask=ask, task=task)
    assert (failures(held), rules.is_approval_required(held)) == ({"minimum_term", "reason_channel"}, True)
    gone = replace(held, moved_out=True)
    assert (failures(gone), rules.is_approval_required(gone)) == (set(), False)


@pytest.mark.parametrize(
    ("reason", "task", "approval", "first"),
    [
        ("opt_out", {}, False, True),
        ("tampering", {}, True, False),
        ("life_support", {}, False, False),
        ("life_support", {"approval": True}, True, False),
        (None, {}, False, False),
    ],
)
def test_the_reason_sets_its_effects(reason: str | None, task: dict[str, Any], approval: bool, first: bool) -> None:
    found = facts(ask={"reason": reason}, task=task)
    assert (rules.is_approval_required(found), rules.stops_control_first(found)) == (approval, first)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_every_finding_has_a_rule_name_and_a_sentence(rule: Callable[[UnenrollmentFacts], Any]) -> None:
    for found in (
        facts(),
        facts(ask={"reason": None, "effective_date": "2026-01-01", **named("x", "x")}, task={"reason_required": True}),
    ):
        finding = describe_finding(rule(found))
        assert finding.rule == rule.__name__
        assert finding.reason.endswith(".")
        assert finding.verdict is not Verdict.FAILED or (finding.fix.endswith(".") and finding.pointers)


@given(
    owners=st.lists(st.sampled_from([MINE, THEIRS]), min_size=1, max_size=6),
    asked=st.sets(st.integers(0, 5)),
    minimum=st.integers(1, 4),
    usual=st.sampled_from(RemovalMethod),
)
def test_no_subscription_keeps_fewer_devices_than_the_minimum(
    owners: list[AssetOwnership], asked: set[int], minimum: int, usual: RemovalMethod
) -> None:
    named_devices = [f"dev_{at}" for at in sorted(asked) if at < len(owners)]
    program = {"devices": {"minimum": minimum, "maximum": 6}, "removal_method": usual}
    found = facts(owners=tuple(owners), ask=named(*named_devices), program=program)
    gone = leaving(found)
    staying = len(owners) - len(gone)
    assert set(named_devices) <= set(gone)
    assert len(set(gone)) == len(gone)
    assert staying == 0 or staying >= minimum
    assert rules.ends_subscription(found) == (staying == 0)
    fetched = {one.device_id for one in rules.plan_removals(found) if one.method is not RemovalMethod.KEEP}
    assert not fetched & {device.device_id for device in found.devices if device.ownership is MINE}
