"""The audit trail records what a transaction does."""

from datetime import UTC, datetime

from models.scope import OperatorScope
from models.states.device import DEVICE_TRANSITIONS, DeviceState
from models.states.subscription import REGISTRATION_TRANSITIONS, RegistrationState
from operations.platform.audit import AuditTrail

_D = DeviceState


def trail() -> AuditTrail:
    return AuditTrail(OperatorScope(actor="tester"), datetime(2026, 7, 1, tzinfo=UTC), "svc_1")


def test_a_reason_is_recorded_on_its_step() -> None:
    one = trail()
    one.transition(DEVICE_TRANSITIONS, "dev_1", _D.FAULTY, _D.REMOVED, _D.RETIRED, reason="burnt")
    assert [(row["after"], row["reason"]) for row in one.take_entries()] == [("removed", ""), ("retired", "burnt")]


def test_a_registration_is_no_state_of_the_device() -> None:
    one = trail()
    one.transition(DEVICE_TRANSITIONS, "dev_1", _D.NEW, _D.INSTALLED)
    one.transition(REGISTRATION_TRANSITIONS, "dev_1", RegistrationState.PROPOSED, RegistrationState.INSTALLED)
    assert [row["action"] for row in one.take_entries()] == ["dev:installed", "reg:installed"]


def test_each_entry_names_its_actor_and_request() -> None:
    one = trail()
    one.for_request("unr_2").note("unr_2", "unr:retried")
    one.note("svc_1", "svc:open")
    found = [(row["actor"], row["subject"], row["journey"]) for row in one.take_entries()]
    assert found == [("tester", "unr_2", "unr_2"), ("tester", "svc_1", "svc_1")]
