"""The most that each workflow may cost Temporal.

tests/integration/performance/test_workflow_costs.py measures it; docs/operate/speed.md lists it.
"""

from collections.abc import Mapping
from typing import NamedTuple


class WorkflowCost(NamedTuple):
    """The counts of the server for a workflow that has ended."""

    transitions: int
    events: int


WORKFLOW_COSTS: Mapping[str, WorkflowCost] = {
    "a customer-owned device is enrolled": WorkflowCost(9, 20),
    "the same, with its message sent in a batch": WorkflowCost(12, 26),
    "the same, after a status check of the device": WorkflowCost(15, 38),
    "a technician installs a device": WorkflowCost(15, 37),
    "a device is shipped, delivered, confirmed and checked": WorkflowCost(24, 61),
    "the devices of an unenrollment stay at the premise": WorkflowCost(9, 21),
    "a technician removes a device": WorkflowCost(15, 36),
    "a device is shipped back": WorkflowCost(12, 29),
    "a service call ends with advice": WorkflowCost(3, 7),
    "a head-end restarts a device": WorkflowCost(9, 20),
    "a technician repairs a device": WorkflowCost(9, 22),
    "a technician replaces a device": WorkflowCost(15, 36),
    "a separate workflow sends a message": WorkflowCost(9, 19),
    "a run of the initial load": WorkflowCost(15, 36),
    "a run of the sync request monitor": WorkflowCost(6, 16),
    "a run of the reconciliation": WorkflowCost(6, 13),
}
"""Each workflow from its start to its end, with answers of the DERMS and the head-end by callback.

A batch run has one or two pages per step; each additional page costs one event. Signals that arrive together are
processed together and cost less."""
