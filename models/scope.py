"""Who is asking. Every operation takes one, and queries start from what it may read.

The union grows by one member per role of docs/domain.md#roles, when that role can sign in.
"""

from dataclasses import dataclass

from models.classifications import Channel


@dataclass(frozen=True)
class OperatorScope:
    """The people who run the system: they see and repair everything."""

    actor: str
    channel: Channel = Channel.CSR
    role: str = "operator"


@dataclass(frozen=True)
class DermsScope:
    """The DERMS: it may acknowledge the messages sent to it, nothing else."""

    actor: str
    role: str = "derms"


@dataclass(frozen=True)
class HeadEndScope:
    """A head-end: it may answer the requests sent to it, nothing else."""

    actor: str
    role: str = "head_end"


@dataclass(frozen=True)
class SystemScope:
    """A workflow or a batch, acting on a request that was authorized when it was submitted."""

    actor: str
    role: str = "system"


Scope = OperatorScope | DermsScope | HeadEndScope | SystemScope
