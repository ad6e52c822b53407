"""Kinds of journeys, and so many of each that one stands at every place where its flow is held, and one comes through.
Each has a program of its own, whose code is its name, or is a batch."""

from typing import Any

TROUBLES: dict[str, frozenset[str]] = {
    # The order is called off, and for the next nobody is at home.
    "CALLED_OFF": frozenset(
        {"visit_standing", "park_enrollment", "resume_enrollment", "order_installation_again", "another_attempt"}
    ),
    # No technician comes.
    "LATE_VISIT": frozenset({"remind_of_visit", "expire_enrollment"}),
    # No parcel comes for long, and then it comes back.
    "LATE_PARCEL": frozenset({"remind_of_shipment", "park_enrollment", "resume_enrollment", "ship_again"}),
    # The device does not answer its head-end for long.
    "SILENT": frozenset({"ask_what_came", "park_enrollment", "resume_enrollment"}),
    "MUTE": frozenset({"ask_what_came"}),
    # The DERMS is away.
    "UNREACHED": frozenset({"record_failure"}),
    # Our own database does not take it.
    "JAMMED": frozenset({"park_unenrollment"}),
    # No technician comes for long, and then nobody is at home.
    "LATE_FETCH": frozenset({"remind_of_visit", "removal_failed", "another_removal", "another_attempt"}),
    "LATE_CALL": frozenset({"remind_of_visit", "park_service_call", "another_attempt"}),
    # Nothing is shipped back for long.
    "LATE_RETURN": frozenset({"remind_of_device", "removal_failed", "another_removal"}),
}
"""What befalls journeys of these kinds, and the steps that nobody else takes: they are held at these alone. All else
they do as those do who have no trouble, and are held everywhere."""
ENROLLMENT_KINDS = {"OWN": 8, "INSTALLED": 14, "SHIPPED": 19, "CHECKED": 17, "WITHDRAWN": 7} | {
    "CALLED_OFF": 11,
    "LATE_VISIT": 5,
    "LATE_PARCEL": 9,
    "SILENT": 8,
    "UNREACHED": 3,
}
UNENROLLMENT_KINDS = {"KEPT": 10, "APPROVED": 14, "FETCHED": 16, "RETURNED": 12, "STAYING": 5} | {
    "JAMMED": 3,
    "LATE_FETCH": 9,
    "LATE_RETURN": 7,
}
SERVICE_CALL_KINDS = {"ADVISED": 3, "RESTARTED": 11, "REPLACED": 16, "RECALLED": 5} | {"LATE_CALL": 7, "MUTE": 4}
SYNC_KINDS = {"HANDED_OVER": 6, "HELD_BACK": 3, "UNANSWERED": 6}
"""Enrolled, and the batches see to it that the DERMS is told: it was never to be, so that the initial load has a flow
started for it; the monitor sends it with others in one; the answer was lost, and the monitor has it asked for."""
BATCH_RUNS = {"sync-request-monitor": 14, "reconciliation": 10, "initial-load": 18}
FAILING_RECONCILIATIONS = 8
"""So many of the reconciliations are begun while our own database does not take what they did."""
REQUEST_COUNTS = ENROLLMENT_KINDS | UNENROLLMENT_KINDS | SERVICE_CALL_KINDS | SYNC_KINDS

_SOON: dict[str, Any] = {"attempts": 1, "remind_after_days": 1, "escalate_after_days": 2}
_SHIPPED = {"installation_method": "self_installation", "asset_ownership": "utility_owned"}
TASK_CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "CALLED_OFF": ("enroll_task", "enroll-utility-device", {"service_level": {"attempts": 1}}),
    "LATE_VISIT": ("enroll_task", "enroll-utility-device", {"service_level": {**_SOON, "expire_after_days": 30}}),
    "LATE_PARCEL": (
        "enroll_task",
        "enroll-shipped-device",
        {
            "service_level": {**_SOON, "expire_after_days": 730},
            "device_setup": [{**_SHIPPED, "steps": ["ship_device"]}],
        },
    ),
    "LATE_FETCH": ("unenroll_task", "unenroll", {"service_level": _SOON}),
    "LATE_RETURN": ("unenroll_task", "unenroll", {"service_level": {**_SOON, "expire_after_days": 3}}),
    "LATE_CALL": ("service_call_task", "service-call", {"service_level": _SOON}),
}
"""What their programs have of their own: which task, like which other one, but for what."""
PROGRAM_CHANGES: dict[str, dict[str, Any]] = {
    "REPLACED": {"visits_customer_owned": True},
    "LATE_CALL": {"visits_customer_owned": True},
    "HELD_BACK": {"sync_policy": "batched"},
    "RETURNED": {"removal_method": "ship_back"},
    "LATE_RETURN": {"removal_method": "ship_back"},
    "LATE_PARCEL": {"offers": [_SHIPPED]},
}
LENT_DEVICE_KINDS = ("FETCHED", "RETURNED", "LATE_FETCH", "LATE_RETURN")
MODEL_PROGRAMS: dict[str, tuple[str, ...]] = {
    "WH-SWITCH": ("INSTALLED", "WITHDRAWN", "CALLED_OFF", "LATE_VISIT"),
    "TSTAT-KIT": ("SHIPPED", "CHECKED", "LATE_PARCEL", "SILENT"),
}
"""Which programs theirs are like; the LENT ones are like one for devices that the utility lends, all others like the
one for thermostats of the customers' own."""

_DAY = {"reason": "device_removed", "effective_date": "2031-07-01"}
_OFFLINE: dict[str, Any] = {"problem": {"code": "offline"}}
_VISIT: dict[str, Any] = {**_OFFLINE, "action": "work_request", "work_request": {"access_notes": "Ring twice."}}
REQUESTS: dict[str, dict[str, Any]] = {
    "KEPT": {"reason": "customer_opt_out"},
    "APPROVED": {**_DAY, "reason": "non_participation"},
    "STAYING": _DAY,
    **{kind: {"reason": "device_removed"} for kind in LENT_DEVICE_KINDS},
    "JAMMED": {"reason": "customer_opt_out"},
    "ADVISED": {**_OFFLINE, "action": "advice"},
    "RESTARTED": {**_OFFLINE, "action": "remote_action"},
    "MUTE": {**_OFFLINE, "action": "remote_action"},
    "REPLACED": _VISIT,
    "LATE_CALL": _VISIT,
    "RECALLED": _OFFLINE,
}
"""What those who take part ask for."""
