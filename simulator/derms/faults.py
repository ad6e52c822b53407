"""The faults of the DERMS simulator."""

from pydantic import Field

from simulator.derms.settings import AcknowledgeMode
from simulator.shared.faults import EndpointFaults


class Faults(EndpointFaults):
    """Everything that a test can set. All faults are off unless the settings say otherwise."""

    lost_acknowledgement_share: float = Field(default=0.0, ge=0, le=1)
    no_batches: bool = False
    duplicate_acknowledgements: bool = False
    reorder_acknowledgements: bool = False
    acknowledge: AcknowledgeMode
    acknowledge_after_seconds: float = Field(ge=0, le=86_400)
