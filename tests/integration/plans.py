"""Reading PostgreSQL's plans: what a statement would read if the tables were a thousand times as long."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

BIG = frozenset(
    {
        "account",
        "audit_entry",
        "batch_run",
        "customer",
        "device",
        "device_installation",
        "device_location",
        "device_shipment",
        "enrollment",
        "head_end_request",
        "inbox_message",
        "premise",
        "process_flow",
        "program_subscription",
        "service_call",
        "service_point",
        "subscription_device",
        "sync_request",
        "unenrollment",
        "work_order",
        "work_order_completion",
    }
)
"""Tables that grow with every customer and every year."""

TIMES = 1000
"""So many times longer than they are the planner believes the tables to be."""

ROWS_AT_MOST = 40_000
"""More than a page needs, and more than waits for a person in the grown database; less than any table has."""

COST_AT_MOST = 5_000
"""In the planner's own unit, in which a page that is read one after the other costs one."""

COUNTS_COST_AT_MOST = 20_000
"""For the metrics, which count whatever waits: as much as waits in the grown database, of each kind."""

BELIEVE_IN_MORE = f"""
    UPDATE pg_class SET reltuples = reltuples * {TIMES}
    WHERE relnamespace = 'public'::regnamespace AND reltuples > 0 AND (
        relname = ANY(:tables) OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid::regclass::text = ANY(:tables))
    )
"""

_GATHERS = frozenset({"Sort", "Incremental Sort", "Aggregate", "Hash", "Unique", "WindowAgg", "SetOp", "Materialize"})


@contextmanager
def statements_of(engine: AsyncEngine) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is sent in the block, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", keep)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", keep)


def plan_of(connection: Connection, statement: str, parameters: Any) -> dict[str, Any]:
    """What PostgreSQL would do, without doing it."""
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def objections(plan: dict[str, Any], cost_at_most: int = COST_AT_MOST) -> list[str]:
    """Why this plan costs more in a bigger database."""
    found = [why for node in _nodes(plan) if (why := _objection(node))]
    if plan["Total Cost"] > cost_at_most:
        found.append(f"costs {plan['Total Cost']:,.0f}, as one that looks for rare rows among all does")
    return found


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _objection(node: dict[str, Any]) -> str | None:
    kind = node["Node Type"]
    if kind == "Seq Scan" and node["Relation Name"] in BIG:
        return f"reads all of {node['Relation Name']}"
    gathers = kind in _GATHERS
    if gathers and sum(child["Plan Rows"] for child in node.get("Plans", ())) > ROWS_AT_MOST:
        return f"{kind} of {node['Plans'][0]['Plan Rows']:,.0f} rows"
    return None


def readable(plan: dict[str, Any], depth: int = 0) -> str:
    """A plan as people read it."""
    names = ("Relation Name", "Index Name", "Index Cond", "Filter", "Sort Key", "Plan Rows", "Total Cost")
    said = ", ".join(f"{name} {plan[name]}" for name in names if name in plan)
    lines = [f"{'  ' * depth}{plan['Node Type']}: {said}"]
    return "\n".join([*lines, *(readable(child, depth + 1) for child in plan.get("Plans", ()))])
