"""Properties of every decision and of every program's capacity, whatever the facts."""

import ast
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalog import eligibility
from models.catalog.programs import CapacityLimits
from models.classifications import AccountStatus, CustomerClass, MeterType, PremiseType
from models.decision import DecisionOutcome, Verdict
from models.states.device import DeviceState
from rules.capacity import CapacityNeed, find_exceeded_limits, select_from_waitlist
from rules.eligibility import availability, service_point
from rules.eligibility.decide import RULE_BY_CONFIGURATION, STANDARD_RULES, decide_eligibility
from rules.eligibility.facts import KnownDevice, Participation, ProgramUsage
from wording.findings.decisions import describe_findings

RULES = Path(__file__).parents[3] / "rules"
CONFIGURED_RULES = get_args(get_args(eligibility.ConfiguredRule)[0])
OF_THE_APPLICATION = {
    "belongs_together", "offered", "device_count", "specification_accepted", "serial_once", "serial_free",
    "device_location", "terms_accepted", "questions_answered", "start_date", "start_within", "rated_power",
    "owner_consent",
}  # fmt: skip
OF_SITE_AND_STANDING = set(dir(service_point)) | set(dir(availability))

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAYS = st.dates(date(2026, 6, 29), date(2026, 7, 3))
SOME_DAY = st.none() | DAYS
LINES = st.lists(st.sampled_from(("E-1", "E-2", "F-7", "SUB-3", "62701")), unique=True, max_size=3)
CODES = st.sampled_from(("one", "two", "owner_consent"))
NUMBERS = st.integers(0, 3)


def enough(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(strategy, min_size=1, max_size=2)


CONFIGURATIONS = st.one_of(
    st.fixed_dictionaries({"rule": st.just("customer_class"), "classes": enough(st.sampled_from(CustomerClass))}),
    st.fixed_dictionaries({"rule": st.just("tariff"), "accepted": LINES, "excluded": LINES}),
    st.fixed_dictionaries({"rule": st.just("premise_type"), "types": enough(st.sampled_from(PremiseType))}),
    st.fixed_dictionaries(
        {"rule": st.just("grid_location"), "feeders": LINES, "substations": LINES, "postal_codes": LINES}
    ).filter(lambda rule: rule["feeders"] or rule["substations"] or rule["postal_codes"]),
    st.fixed_dictionaries({"rule": st.sampled_from(("interval_meter", "feeder_known", "not_critical"))}),
    st.fixed_dictionaries({"rule": st.just("phase_count"), "minimum": st.integers(1, 3)}),
    st.fixed_dictionaries({"rule": st.just("owner_consent"), "answer": CODES}),
    st.fixed_dictionaries({"rule": st.just("cool_down"), "days": st.integers(1, 3)}),
    st.fixed_dictionaries({"rule": st.just("start_within"), "days": NUMBERS}),
    st.fixed_dictionaries({"rule": st.just("rated_power"), "minimum_kw": NUMBERS}),
)

SITES = st.fixed_dictionaries(
    {},
    optional={
        "account_status": st.sampled_from(AccountStatus),
        "effective_from": DAYS,
        "effective_to": SOME_DAY,
        "customer_class": st.sampled_from(CustomerClass),
        "tariff": st.sampled_from(("E-1", "E-2", "E-3")),
        "meter_type": st.sampled_from(MeterType),
        "phase_count": st.integers(1, 3),
        "feeder": st.sampled_from((None, "F-7", "F-8")),
        "premise_type": st.sampled_from(PremiseType),
        "owner_occupied": st.booleans(),
        "critical": st.booleans(),
    },
)

QUESTIONS = st.lists(
    st.fixed_dictionaries(
        {"code": CODES, "text": st.just("Really?"), "choices": st.just(["yes", "no"]), "required": st.booleans()},
        optional={"disqualifying": st.just(["no"])},
    ),
    max_size=2,
)
CAPS = st.fixed_dictionaries({"waitlist": st.booleans()}, optional={"customers": NUMBERS, "devices": NUMBERS})
PROGRAMS = st.fixed_dictionaries(
    {"eligibility": st.lists(CONFIGURATIONS, max_size=6)},
    optional={
        "active": st.booleans(),
        "enrollment_window": st.fixed_dictionaries({"opens": SOME_DAY, "closes": SOME_DAY}),
        "questions": QUESTIONS,
        "capacity": CAPS,
        "devices": st.fixed_dictionaries({"minimum": st.integers(1, 2), "maximum": st.integers(2, 3)}),
    },
)

APPLICATIONS = st.fixed_dictionaries(
    {},
    optional={
        "account": st.sampled_from(("ACC-1", "ACC-2")),
        "asset_ownership": st.sampled_from(("customer_owned", "utility_owned")),
        "start_date": SOME_DAY,
        "terms": st.none(),
        "answers": st.dictionaries(CODES, st.sampled_from(("yes", "no", "")), max_size=3),
        "devices": st.lists(st.fixed_dictionaries({"serial_number": st.sampled_from(("A", "a-", "B"))}), max_size=3),
    },
)

PARTICIPATIONS = st.lists(
    st.builds(
        Participation,
        customer_id=st.sampled_from(("cus_1", "cus_2")),
        program=st.sampled_from(("EV-1", "EV-2")),
        exclusion=st.sampled_from(("ev_managed_charging", "demand_response")),
        open=st.booleans(),
        ended_at=st.none() | st.integers(-72, 0).map(lambda hours: NOON + timedelta(hours=hours)),
    ),
    max_size=2,
).map(tuple)
HELD = st.lists(
    st.builds(
        KnownDevice,
        position=st.just(0),
        state=st.sampled_from((DeviceState.INSTALLED, DeviceState.RETIRED)),
        customers=st.sampled_from((frozenset({"cus_1"}), frozenset({"cus_2"}))),
        exclusions=st.frozensets(st.just("ev_managed_charging")),
    ),
    max_size=1,
).map(tuple)
USAGES = st.builds(
    ProgramUsage, customers=NUMBERS, devices=NUMBERS, kw=NUMBERS.map(Decimal), waiting_ahead=st.sampled_from((0, 0, 1))
)


def consistent(changes: dict) -> dict:
    """Return whether every held device is one of the requested devices."""
    asked = changes["application"]
    return {**changes, "known_devices": ()} if asked is None or asked.get("devices") == [] else changes


CHANGES = st.fixed_dictionaries(
    {"site": SITES, "program": PROGRAMS, "application": st.none() | APPLICATIONS},
    optional={
        "participations": PARTICIPATIONS,
        "known_devices": HELD,
        "usage": USAGES,
        "location_required": st.booleans(),
    },
).map(consistent)


def verdicts(decision) -> set[Verdict]:
    return {finding.verdict for finding in decision.findings}


@given(changes=CHANGES, data=st.data())
def test_the_order_of_the_configured_rules_does_not_matter(eligible_facts, changes, data) -> None:
    facts = eligible_facts(**changes)
    shuffled = tuple(data.draw(st.permutations(facts.program.eligibility)))
    program = facts.program.model_copy(update={"eligibility": shuffled})
    assert decide_eligibility(replace(facts, program=program)) == decide_eligibility(facts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"rule": "tariff", "accepted": ["E-2"]}, {"rule": "tariff", "accepted": ["E-3"]}),
        ({"rule": "tariff", "excluded": ["E-1"]}, {"rule": "tariff", "accepted": ["E-3"]}),
        ({"rule": "owner_consent", "answer": "landlord"}, {"rule": "owner_consent", "answer": "housing_society"}),
    ],
)
def test_rules_of_one_kind_are_reported_in_a_fixed_order(eligible_facts, one, other) -> None:
    facts = eligible_facts(site={"owner_occupied": False}, program={"eligibility": [one, other]})
    turned = eligible_facts(site={"owner_occupied": False}, program={"eligibility": [other, one]})
    assert decide_eligibility(facts) == decide_eligibility(turned)


@given(changes=CHANGES)
def test_equal_facts_have_equal_decisions(eligible_facts, changes) -> None:
    first, second = eligible_facts(**changes), eligible_facts(**changes)
    assert first is not second
    assert decide_eligibility(first) == decide_eligibility(second)
    assert decide_eligibility(first).decided_at == first.instant


@given(changes=CHANGES)
def test_the_outcome_follows_from_the_verdicts(eligible_facts, changes) -> None:
    decision = decide_eligibility(eligible_facts(**changes))
    if Verdict.FAILED in verdicts(decision):
        assert decision.outcome is DecisionOutcome.REJECTED
    elif Verdict.WAIT in verdicts(decision):
        assert decision.outcome is DecisionOutcome.WAITLISTED
    else:
        assert decision.outcome is DecisionOutcome.ACCEPTED
    assert bool(decision.failures) is (decision.outcome is not DecisionOutcome.ACCEPTED)


def test_facts_that_fit_are_accepted(eligible_facts) -> None:
    assert decide_eligibility(eligible_facts()).outcome is DecisionOutcome.ACCEPTED


def test_a_single_failure_rejects_even_where_a_place_is_missing(eligible_facts) -> None:
    program = {"capacity": {"customers": 0, "waitlist": True}}
    assert decide_eligibility(eligible_facts(program=program)).outcome is DecisionOutcome.WAITLISTED
    assert (
        decide_eligibility(eligible_facts(program=program, application={"terms": None})).outcome
        is DecisionOutcome.REJECTED
    )


@given(changes=CHANGES)
def test_every_rule_is_evaluated_and_every_finding_belongs_to_a_rule(eligible_facts, changes) -> None:
    facts = eligible_facts(**changes)
    asked = [rule.__name__ for rule in STANDARD_RULES] + [rule.rule for rule in facts.program.eligibility]
    assert Counter(finding.rule for finding in decide_eligibility(facts).findings) == Counter(asked)


@given(changes=CHANGES)
def test_every_obstacle_has_a_reason_and_a_fix(eligible_facts, changes) -> None:
    for finding in describe_findings(decide_eligibility(eligible_facts(**changes)).failures):
        assert finding.reason
        assert finding.fix
        assert bool(finding.pointers) is (finding.verdict is Verdict.FAILED)


@given(changes=CHANGES)
def test_every_pointer_leads_into_the_application(eligible_facts, changes) -> None:
    facts = eligible_facts(**changes)
    document = facts.application.model_dump() if facts.application else {}
    for pointer in (pointer for finding in decide_eligibility(facts).failures for pointer in finding.pointers):
        *parents, last = pointer.split("/")[1:]
        place = document
        for part in parents if document else ():
            place = place[int(part)] if isinstance(place, tuple) else place[part]
        assert not document or parents == ["answers"] or last in place, pointer


@given(changes=CHANGES)
def test_a_preview_never_fails_for_missing_answers(eligible_facts, changes) -> None:
    decision = decide_eligibility(eligible_facts(**{**changes, "application": None, "known_devices": ()}))
    said = {finding.rule: finding.verdict for finding in decision.findings}
    assert all(said.get(rule) is not Verdict.FAILED for rule in OF_THE_APPLICATION)


@given(changes=CHANGES, application=APPLICATIONS)
def test_a_preview_agrees_with_the_decision_about_site_and_status(eligible_facts, changes, application) -> None:
    facts = eligible_facts(**{**changes, "application": {**application, "account": "ACC-1"}})
    preview = decide_eligibility(replace(facts, application=None, specifications=(), known_devices=()))
    told = [finding for finding in preview.findings if finding.rule in OF_SITE_AND_STANDING]
    heard = decide_eligibility(facts).findings
    assert all(finding in heard for finding in told if finding.verdict is not Verdict.OPEN)


@given(changes=CHANGES, application=APPLICATIONS)
def test_no_application_fits_where_the_preview_found_no_capacity(eligible_facts, changes, application) -> None:
    facts = eligible_facts(**{**changes, "application": application})
    preview = decide_eligibility(replace(facts, application=None, specifications=(), known_devices=()))
    room = [
        next(f.verdict for f in decision.findings if f.rule == "capacity")
        for decision in (preview, decide_eligibility(facts))
    ]
    assert room[0] is Verdict.PASSED or room[1] is room[0]


@pytest.mark.parametrize("rule", CONFIGURED_RULES)
def test_every_rule_a_program_can_ask_for_has_its_check(rule) -> None:
    (code,) = get_args(rule.model_fields["rule"].annotation)
    assert RULE_BY_CONFIGURATION[rule].__name__ == code


def test_no_check_is_without_configuration_and_no_code_is_used_twice() -> None:
    assert set(RULE_BY_CONFIGURATION) == set(CONFIGURED_RULES)
    codes = [check.__name__ for check in (*STANDARD_RULES, *RULE_BY_CONFIGURATION.values())]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.py")), ids=lambda path: path.name)
def test_rules_use_no_clock_randomness_or_environment(path) -> None:
    forbidden = {"asyncio", "os", "random", "secrets", "socket", "time", "uuid"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not forbidden & {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in forbidden
        elif isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today") or ast.unparse(node) == "facts.today"


KW = st.decimals(0, 50, places=3)
NEEDS = st.builds(CapacityNeed, devices=st.integers(0, 5), kw=KW, customers=st.integers(0, 2))
HOLDINGS = st.builds(CapacityNeed, devices=st.integers(0, 20), kw=KW, customers=st.integers(0, 10))
CAPACITIES = st.builds(
    CapacityLimits,
    customers=st.none() | st.integers(0, 10),
    devices=st.none() | st.integers(0, 20),
    kw=st.none() | KW,
)
WAITING = st.lists(NEEDS, max_size=8).map(lambda needs: [(f"enr_{i}", need) for i, need in enumerate(needs)])


def both(one: CapacityNeed, other: CapacityNeed) -> CapacityNeed:
    return CapacityNeed(
        devices=one.devices + other.devices, kw=one.kw + other.kw, customers=one.customers + other.customers
    )


@given(capacity=CAPACITIES, held=HOLDINGS, waiting=WAITING)
def test_the_waitlist_is_served_in_order(capacity, held, waiting) -> None:
    served = select_from_waitlist(capacity, held, waiting)
    assert served == [name for name, _ in waiting[: len(served)]]


@given(capacity=CAPACITIES, held=HOLDINGS, waiting=WAITING)
def test_serving_the_waitlist_never_overfills(capacity, held, waiting) -> None:
    served = len(select_from_waitlist(capacity, held, waiting))
    for _, need in waiting[:served]:
        assert find_exceeded_limits(capacity, held, need) == ()
        held = both(held, need)
    assert served == len(waiting) or find_exceeded_limits(capacity, held, waiting[served][1])


@given(capacity=CAPACITIES, held=HOLDINGS, need=NEEDS, more=NEEDS)
def test_higher_usage_or_demand_never_increases_capacity(capacity, held, need, more) -> None:
    full = set(find_exceeded_limits(capacity, held, need))
    assert full <= set(find_exceeded_limits(capacity, held, both(need, more)))
    assert full <= set(find_exceeded_limits(capacity, both(held, more), need))


@given(held=HOLDINGS, need=NEEDS)
def test_a_program_without_caps_is_never_full(held, need) -> None:
    assert find_exceeded_limits(CapacityLimits(), held, need) == ()


@given(held=HOLDINGS, need=NEEDS)
def test_a_cap_is_the_most_that_fits(held, need) -> None:
    total = both(held, need)
    exact = CapacityLimits(customers=total.customers, devices=total.devices, kw=total.kw)
    assert find_exceeded_limits(exact, held, need) == ()
    if total.devices:
        assert find_exceeded_limits(exact.model_copy(update={"devices": total.devices - 1}), held, need) == ("devices",)
    if total.kw:
        assert find_exceeded_limits(exact.model_copy(update={"kw": total.kw - Decimal("0.001")}), held, need) == ("kW",)
