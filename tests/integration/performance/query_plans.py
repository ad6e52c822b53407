"""Evaluates PostgreSQL's query plans for tables a thousand times as long."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

GROWING_TABLES = frozenset(
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

GROWTH_FACTOR = 1000
"""The planner believes that the tables are this many times longer."""

MOST_ROWS = 40_000
"""More rows than a page needs, or than need a person in the grown database; fewer than any table has."""

HIGHEST_COST = 5_000
"""In the planner's unit: reading a page sequentially costs one."""

HIGHEST_COUNT_COST = 20_000
"""For the metrics, which count everything that waits, of each kind, in the grown database."""

INFLATE_STATISTICS = f"""
    UPDATE pg_class SET reltuples = reltuples * {GROWTH_FACTOR}
    WHERE relnamespace = 'public'::regnamespace AND reltuples > 0 AND (
        relname = ANY(:tables) OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid::regclass::text = ANY(:tables))
    )
"""

_GATHERING_NODES = frozenset(
    {"Sort", "Incremental Sort", "Aggregate", "Hash", "Unique", "WindowAgg", "SetOp", "Materialize"}
)


@contextmanager
def record_statements(engine: AsyncEngine) -> Iterator[list[tuple[str, Any]]]:
    """Record every statement sent in the block, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", keep)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", keep)


def explain(connection: Connection, statement: str, parameters: Any) -> dict[str, Any]:
    """Return PostgreSQL's plan for a statement, without running it."""
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def find_objections(plan: dict[str, Any], cost_at_most: int = HIGHEST_COST) -> list[str]:
    """Return why this plan costs more in a bigger database."""
    found = [why for node in _walk(plan) if (why := _find_objection(node))]
    if plan["Total Cost"] > cost_at_most:
        found.append(f"costs {plan['Total Cost']:,.0f}, as one that looks for rare rows among all does")
    return found


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _walk(child)


def _find_objection(node: dict[str, Any]) -> str | None:
    kind = node["Node Type"]
    if kind == "Seq Scan" and node["Relation Name"] in GROWING_TABLES:
        return f"reads all of {node['Relation Name']}"
    gathers = kind in _GATHERING_NODES
    if gathers and sum(child["Plan Rows"] for child in node.get("Plans", ())) > MOST_ROWS:
        return f"{kind} of {node['Plans'][0]['Plan Rows']:,.0f} rows"
    return None


def format_plan(plan: dict[str, Any], depth: int = 0) -> str:
    """Return a plan as readable text."""
    names = ("Relation Name", "Index Name", "Index Cond", "Filter", "Sort Key", "Plan Rows", "Total Cost")
    said = ", ".join(f"{name} {plan[name]}" for name in names if name in plan)
    lines = [f"{'  ' * depth}{plan['Node Type']}: {said}"]
    return "\n".join([*lines, *(format_plan(child, depth + 1) for child in plan.get("Plans", ()))])
