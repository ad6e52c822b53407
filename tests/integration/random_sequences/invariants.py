"""Queries that find violations of a program's invariants (docs/domain.md#invariants).

Each is a single statement, so that it sees one moment, and returns no row as long as the invariant holds.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from models.states import enrollment, work_order
from models.states.device import DEVICE_TRANSITIONS
from models.states.head_end import HEAD_END_REQUEST_TRANSITIONS
from models.states.service_call import SERVICE_CALL_TRANSITIONS
from models.states.shipment import SHIPMENT_TRANSITIONS
from models.states.subscription import REGISTRATION_TRANSITIONS, SUBSCRIPTION_TRANSITIONS
from models.states.sync_request import SYNC_TRANSITIONS
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS
from tests.integration.clients.running_stack import Database

_OPEN = "('pending', 'active', 'suspended', 'ending')"
_IN = "('proposed', 'installed', 'registering', 'registered', 'registration_failed')"
_FINAL = "('synchronized', 'discarded', 'cancelled')"

TABLES: dict[str, tuple[Mapping[Any, frozenset[Any]], ...]] = {
    "enr": (enrollment.ENROLLMENT_TRANSITIONS,),
    "sub": (SUBSCRIPTION_TRANSITIONS,),
    "syn": (SYNC_TRANSITIONS,),
    "wo": (work_order.WORK_ORDER_TRANSITIONS,),
    "unr": (UNENROLLMENT_TRANSITIONS,),
    "svc": (SERVICE_CALL_TRANSITIONS,),
    "shp": (SHIPMENT_TRANSITIONS,),
    "her": (HEAD_END_REQUEST_TRANSITIONS,),
    # A device and its registrations share one subject in the audit trail.
    "dev": (DEVICE_TRANSITIONS, REGISTRATION_TRANSITIONS),
}

VIOLATIONS: dict[str, str] = {
    "capacity is the sum of what is open": f"""
        WITH held AS (
            SELECT s.id, s.state, e.needed_devices, e.needed_kw FROM program_subscription s
            JOIN enrollment e ON e.id = s.enrollment_id WHERE s.program = $1 AND s.state IN {_OPEN}
        ), hanging AS (
            SELECT d.id, d.rated_kw FROM subscription_device sd JOIN held ON held.id = sd.subscription_id
            JOIN device d ON d.id = sd.device_id WHERE sd.registration IN {_IN}
        ), wanted AS (
            SELECT (SELECT count(*) FROM held) AS customers,
                (SELECT count(*) FROM hanging)
                    + (SELECT coalesce(sum(needed_devices), 0) FROM held WHERE state = 'pending') AS devices,
                (SELECT coalesce(sum(rated_kw), 0) FROM hanging)
                    + (SELECT coalesce(sum(needed_kw), 0) FROM held WHERE state = 'pending') AS kw
        )
        SELECT c.customers, c.devices, c.kw, w.customers AS customers_wanted, w.devices AS devices_wanted,
            w.kw AS kw_wanted FROM program_capacity c, wanted w
        WHERE c.program = $1 AND (c.customers, c.devices, c.kw) IS DISTINCT FROM (w.customers, w.devices, w.kw)
    """,
    "no program is fuller than it may be, or emptier than empty": """
        SELECT * FROM program_capacity WHERE program = $1 AND (customers < 0 OR devices < 0 OR kw < 0
            OR customers > maximum_customers OR devices > maximum_devices)
    """,
    "one participates once at a service point": f"""
        SELECT service_point, count(*) FROM program_subscription WHERE program = $1 AND state IN {_OPEN}
        GROUP BY 1 HAVING count(*) > 1
    """,
    "a serial number is held once": """
        SELECT serial_key, count(*) FROM device WHERE $1 <> '' GROUP BY serial_key, manufacturer_key
        HAVING count(*) > 1
    """,
    "a device takes part once": f"""
        SELECT device_id, count(*) FROM subscription_device JOIN program_subscription s ON s.id = subscription_id
        WHERE s.program = $1 AND registration IN {_IN} GROUP BY 1 HAVING count(*) > 1
    """,
    "a device takes part as long as its subscription does": f"""
        SELECT s.id, s.state, device_id, registration FROM subscription_device
        JOIN program_subscription s ON s.id = subscription_id
        WHERE s.program = $1 AND registration IN {_IN} AND s.state NOT IN {_OPEN}
    """,
    "a device that takes part hangs somewhere": f"""
        SELECT d.id, d.state FROM subscription_device sd JOIN program_subscription s ON s.id = sd.subscription_id
        JOIN device d ON d.id = sd.device_id
        WHERE s.program = $1 AND sd.registration IN {_IN} AND (d.state <> 'enrolled' OR NOT EXISTS (
            SELECT FROM device_installation i WHERE i.device_id = d.id AND i.removed_at IS NULL))
    """,
    "one message of a subscription is on its way at a time": """
        SELECT subscription_id, count(*) FROM sync_request
        WHERE program = $1 AND state IN ('sending', 'awaiting_acknowledgement') GROUP BY 1 HAVING count(*) > 1
    """,
    "nothing is sent before what comes before it is final": f"""
        SELECT later.id, later.state, earlier.id AS earlier, earlier.state AS state_of_earlier FROM sync_request later
        JOIN sync_request earlier USING (subscription_id)
        WHERE later.program = $1 AND earlier.sequence < later.sequence AND earlier.state NOT IN {_FINAL}
            AND (later.attempts > 0 OR later.state NOT IN ('pending', 'discarded', 'cancelled'))
    """,
    "the trail ends where things stand": """
        WITH now AS (
            SELECT id, state FROM enrollment WHERE program = $1
            UNION ALL SELECT id, state FROM program_subscription WHERE program = $1
            UNION ALL SELECT id, state FROM unenrollment WHERE program = $1
            UNION ALL SELECT id, state FROM service_call WHERE program = $1
            UNION ALL SELECT id, state FROM sync_request WHERE program = $1
            UNION ALL SELECT id, state FROM work_order WHERE program = $1
            UNION ALL SELECT id, state FROM device_shipment WHERE program = $1
            UNION ALL SELECT r.id, r.state FROM head_end_request r JOIN enrollment e ON e.id = r.enrollment_id
                WHERE e.program = $1
        )
        SELECT now.id, now.state, told.after FROM now JOIN LATERAL (
            SELECT after FROM audit_entry a WHERE a.subject = now.id AND a.after IS NOT NULL ORDER BY a.id DESC LIMIT 1
        ) told ON told.after <> now.state
    """,
    "a parcel is on its way as long as somebody waits for it": """
        SELECT p.id, p.state, e.state AS enrollment FROM device_shipment p JOIN enrollment e ON e.id = p.enrollment_id
        WHERE p.program = $1 AND p.state IN ('ordered', 'shipped', 'delivered')
            AND e.state IN ('enrolled', 'rejected', 'cancelled', 'expired')
    """,
    "nobody is enrolled with a device that was asked after and did not answer": f"""
        SELECT e.id, d.id AS device FROM enrollment e
        JOIN program_subscription s ON s.enrollment_id = e.id AND s.state IN {_OPEN}
        JOIN subscription_device sd ON sd.subscription_id = s.id
        JOIN device d ON d.id = sd.device_id
        JOIN LATERAL (
            SELECT bool_or(r.outcome = 'ok') AS well FROM head_end_request r
            WHERE r.journey = e.id AND split_part(r.device_key, ' ', 1) = d.serial_key
        ) asked ON asked.well IS NOT TRUE AND asked.well IS NOT NULL
        WHERE e.program = $1 AND NOT EXISTS (SELECT FROM service_call c WHERE c.replaced_by = d.id)
    """,
    "a head-end is asked one thing of a device at a time": """
        SELECT r.journey, r.device_key, count(*) FROM head_end_request r JOIN enrollment e ON e.id = r.enrollment_id
        WHERE e.program = $1 AND r.state IN ('pending', 'asked') GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "an order is open as long as somebody waits for it": """
        SELECT w.id, w.state, w.journey FROM work_order w
        WHERE w.program = $1 AND w.state NOT IN ('completed', 'cancelled', 'incomplete', 'en_route', 'on_site')
            AND (EXISTS (SELECT FROM enrollment e
                    WHERE e.id = w.journey AND e.state IN ('enrolled', 'rejected', 'cancelled', 'expired'))
                OR EXISTS (SELECT FROM unenrollment u
                    WHERE u.id = w.journey AND u.state IN ('unenrolled', 'rejected', 'cancelled'))
                OR EXISTS (SELECT FROM service_call c
                    WHERE c.id = w.journey AND c.state IN ('resolved', 'replaced', 'closed', 'cancelled')))
    """,
}

UNFINISHED: dict[str, str] = {
    "on its way through the flow": """
        SELECT id, state FROM enrollment e
        WHERE program = $1 AND (state IN ('submitted', 'validating', 'accepted', 'completing')
            OR state = 'device_setup' AND NOT EXISTS (SELECT FROM device_shipment p WHERE p.enrollment_id = e.id
                AND p.state IN ('ordered', 'shipped', 'delivered')))
        UNION ALL SELECT id, state FROM unenrollment WHERE program = $1 AND state = 'submitted'
        UNION ALL SELECT id, state FROM service_call
            WHERE program = $1 AND state IN ('open', 'work_requested', 'resolved')
        UNION ALL SELECT id, state FROM work_order WHERE program = $1 AND state = 'created'
    """,
    # A report that arrived together with the one that completed the order is kept, and changes nothing.
    "a report that nobody has looked at": """
        SELECT c.completion_id, w.id, w.state FROM work_order_completion c JOIN work_order w ON w.id = c.work_order_id
        WHERE w.program = $1 AND c.verdict IS NULL AND w.state NOT IN ('completed', 'cancelled')
    """,
    "to be told to the DERMS now": f"""
        SELECT r.id, r.state FROM sync_request r WHERE r.program = $1 AND (r.state = 'sending'
            OR (r.state = 'pending' AND NOT r.held AND NOT EXISTS (SELECT FROM sync_request earlier
                WHERE earlier.subscription_id = r.subscription_id AND earlier.sequence < r.sequence
                    AND earlier.state NOT IN {_FINAL})))
    """,
    "a signal not delivered": """
        SELECT id, workflow_id, name, attempts FROM outbox_message
        WHERE $1 <> '' AND workflow_id NOT LIKE 'enroll/nobody%' -- those of other tests on the same database
    """,
    "asked of a head-end": """
        SELECT r.id, r.state FROM head_end_request r JOIN enrollment e ON e.id = r.enrollment_id
        WHERE e.program = $1 AND r.state IN ('pending', 'asked')
    """,
    # A message that arrived in the moment in which its request ended is kept; its workflow may have ended.
    "an acknowledgement not looked at": f"""
        SELECT m.message_id, r.id, r.state, r.workflow_id FROM inbox_message m
        JOIN sync_request r ON r.id = m.sync_request_id
        WHERE r.program = $1 AND m.outcome IS NULL AND r.state NOT IN {_FINAL}
    """,
}


def find_violations(database: Database, program: str, questions: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that violate an invariant, by the invariant's name."""
    answers = {name: database.rows(question, program) for name, question in questions.items()}
    return {name: rows for name, rows in answers.items() if rows}


def find_illegal_transitions(database: Database, since: int) -> list[str]:
    """Return the audited transitions that no table has, or that do not begin where the previous one ended."""
    wanted = "SELECT subject, before, after FROM audit_entry WHERE id > $1 AND after IS NOT NULL ORDER BY id"
    return list(_find_wrong_steps(database.rows(wanted, since)))


def _find_wrong_steps(entries: list[dict[str, Any]]) -> Iterator[str]:
    last: dict[str, str] = {}
    for entry in entries:
        subject, before, after = entry["subject"], entry["before"], entry["after"]
        tables = TABLES.get(subject.partition("_")[0])
        if tables is None:
            continue
        if not any(after in table.get(before, ()) for table in tables):
            yield f"{subject}: from {before} to {after}"
        if len(tables) == 1 and last.get(subject, before) != before:
            yield f"{subject}: was {last[subject]}, and went from {before} to {after}"
        last[subject] = after
