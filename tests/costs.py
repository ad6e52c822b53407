"""What each flow costs Temporal at most: tests/integration/test_costs.py counts it, docs/operate/speed.md tells it."""

from collections.abc import Mapping
from typing import NamedTuple


class Cost(NamedTuple):
    """As the server counts a flow that has ended."""

    transitions: int
    events: int


COSTS: Mapping[str, Cost] = {
    "an own device is enrolled": Cost(9, 20),
    "the same, its message sent in a batch": Cost(12, 26),
    "the same, its head-end asked first": Cost(15, 38),
    "a device is installed by a technician": Cost(15, 37),
    "a device is sent, delivered, confirmed and asked after": Cost(24, 61),
    "devices leave and stay where they are": Cost(9, 21),
    "a device is fetched by a technician": Cost(15, 36),
    "a device is shipped back": Cost(12, 29),
    "a service call ends with advice": Cost(3, 7),
    "a device is restarted by its head-end": Cost(9, 20),
    "a device is repaired by a technician": Cost(9, 22),
    "a device is replaced by a technician": Cost(15, 36),
    "a message is handed over by a flow of its own": Cost(9, 19),
    "a run of the initial load": Cost(15, 36),
    "a run of the sync request monitor": Cost(6, 16),
    "a run of the reconciliation": Cost(6, 13),
}
"""Each flow from its start to its end, the DERMS and the head-end answering by callback; a batch's run is of a page or
two a step, and a page more is an event more. Messages that come close together are heard at once, which costs less."""
