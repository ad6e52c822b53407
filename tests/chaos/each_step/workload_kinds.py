"""The kinds of requests, and how many of each: one for every point where its workflow is blocked, and one that passes.

Each kind is a batch, or has a program of its own whose code is the kind.
"""

from typing import Any

TROUBLES: dict[str, frozenset[str]] = {
    # The office cancels the first order, and nobody is at home for the second one.
    "CALLED_OFF": frozenset(
        {"visit_standing", "park_enrollment", "resume_enrollment", "order_installation_again", "another_attempt"}
    ),
    # No technician comes.
    "LATE_VISIT": frozenset({"remind_of_visit", "expire_enrollment"}),
    # The shipment is late, and then it is returned.
    "LATE_PARCEL": frozenset({"remind_of_shipment", "park_enrollment", "resume_enrollment", "ship_again"}),
    # The device is silent for a long time.
    "SILENT": frozenset({"ask_what_came", "park_enrollment", "resume_enrollment"}),
    "MUTE": frozenset({"ask_what_came"}),
    # The DERMS is down.
    "UNREACHED": frozenset({"record_failure"}),
    # Our own database refuses the change.
    "JAMMED": frozenset({"park_unenrollment"}),
    # The technician is late, and then nobody is at home.
    "LATE_FETCH": frozenset({"remind_of_visit", "removal_failed", "another_removal", "another_attempt"}),
    "LATE_CALL": frozenset({"remind_of_visit", "park_service_call", "another_attempt"}),
    # The return shipment is late.
    "LATE_RETURN": frozenset({"remind_of_device", "removal_failed", "another_removal"}),
}
"""The trouble of each kind, and the activities that only this trouble leads to. These kinds are blocked at those
activities alone, because all others are covered by the kinds without trouble."""
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
"""Enrollments whose sync request is completed by a batch: the initial load starts the workflow of a missing one, the
monitor sends held ones in bulk, and the monitor queries the one whose acknowledgement was lost."""
BATCH_RUNS = {"sync-request-monitor": 14, "reconciliation": 10, "initial-load": 18}
FAILING_RECONCILIATIONS = 8
"""The number of reconciliation runs that begin while our database refuses their result."""
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
"""The task of each kind's program: the field that names it, the task that it copies, and the changes."""
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
"""The program that each kind's program copies. Those of LENT_DEVICE_KINDS copy a program for devices that the utility
lends, all others the thermostat program for customer-owned devices."""

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
"""The request of each kind."""
