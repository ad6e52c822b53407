"""What each workflow may cost Temporal at most.

tests/integration/performance/test_workflow_costs.py counts it, docs/operate/speed.md states it.
"""

from collections.abc import Mapping
from typing import NamedTuple


class WorkflowCost(NamedTuple):
    """What the server counts for an ended workflow."""

    transitions: int
    events: int


WORKFLOW_COSTS: Mapping[str, WorkflowCost] = {
    "an own device is enrolled": WorkflowCost(9, 20),
    "the same, its message sent in a batch": WorkflowCost(12, 26),
    "the same, its head-end asked first": WorkflowCost(15, 38),
    "a device is installed by a technician": WorkflowCost(15, 37),
    "a device is sent, delivered, confirmed and asked after": WorkflowCost(24, 61),
    "devices leave and stay where they are": WorkflowCost(9, 21),
    "a device is fetched by a technician": WorkflowCost(15, 36),
    "a device is shipped back": WorkflowCost(12, 29),
    "a service call ends with advice": WorkflowCost(3, 7),
    "a device is restarted by its head-end": WorkflowCost(9, 20),
    "a device is repaired by a technician": WorkflowCost(9, 22),
    "a device is replaced by a technician": WorkflowCost(15, 36),
    "a message is handed over by a flow of its own": WorkflowCost(9, 19),
    "a run of the initial load": WorkflowCost(15, 36),
    "a run of the sync request monitor": WorkflowCost(6, 16),
    "a run of the reconciliation": WorkflowCost(6, 13),
}
"""The cost of each workflow from start to end, with the DERMS and the head-end answering by callback.

A batch run has a page or two for each step; every other page is one event more. Messages that arrive together are
handled together, which costs less.
"""
