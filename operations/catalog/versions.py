"""Versions of the catalog: applied as one validated whole, numbered, never changed afterwards."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.catalog import Catalog
from models.catalog.devices import Specification
from models.catalog.external_systems import MessageSender, WebService
from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceTaskType
from models.errors import Invalid, NotFound, Pointer, StaleVersion
from models.scope import Scope
from models.tables.catalog import CatalogVersion, ProgramCapacity
from models.values import Value
from operations.catalog.waitlist import notify_next_in_line
from operations.platform.audit import AuditTrail
from operations.platform.digest import compute_digest
from rules.catalog.changes import CatalogChange, compare_catalogs
from rules.catalog.references import find_catalog_errors
from wording.findings.field_errors import describe_field_errors
from wording.problems.not_found import not_found

_MAX_CACHED_VERSIONS = 8


class IndexedCatalog:
    """One version of the catalog, with indexes for the common lookups."""

    def __init__(self, version: int, content: Catalog) -> None:
        self.version = version
        self.content = content
        self.programs = {program.code: program for program in content.programs}
        self._specifications = {entry.code: entry for entry in content.specifications}
        self._by_name = {
            (entry.manufacturer.casefold(), entry.model.casefold()): entry for entry in content.specifications
        }
        self._location_required = {entry.code: entry.location_required for entry in content.program_types}
        self.location_types = frozenset(
            (place.code, asset_type) for place in content.device_location_types for asset_type in place.asset_types
        )

    def get_program(self, code: str) -> Program:
        """Return the program of that code.

        Raises:
            NotFound: there is none in this version.
        """
        if code not in self.programs:
            raise not_found("program", code)
        return self.programs[code]

    def is_location_required(self, program: Program) -> bool:
        """Return whether the program's type needs to know where a device is installed."""
        return self._location_required.get(program.program_type, False)

    def find_specification(self, code: str | None, manufacturer: str | None, model: str | None) -> Specification | None:
        """Return the specification of that code, or of that manufacturer and model; None if there is none."""
        if code is not None:
            return self._specifications.get(code)
        return self._by_name.get(((manufacturer or "").casefold(), (model or "").casefold()))

    def find_service_task_type(self, code: str | None) -> ServiceTaskType | None:
        """Return the service task type of that code; None if there is none."""
        return next((task for task in self.content.service_task_types if task.code == code), None)

    @property
    def derms_endpoint(self) -> str:
        """The address of the DERMS; empty for the one in the settings."""
        service = self._find_derms_web_service()
        return str(service.base_address).rstrip("/") if service and service.base_address else ""

    @property
    def derms_batch_size(self) -> int | None:
        """How many messages the DERMS takes in one request; None if it takes them one by one."""
        service = self._find_derms_web_service()
        return service.batch_size if service else None

    @property
    def includes_contact(self) -> bool:
        """Whether messages to the DERMS have the customer's e-mail address and phone number."""
        sender = self._find_sync_message_sender()
        return sender is not None and sender.include_contact

    def _find_derms_web_service(self) -> WebService | None:
        sender = self._find_sync_message_sender()
        return next((entry for entry in self.content.web_services if sender and entry.code == sender.web_service), None)

    def _find_sync_message_sender(self) -> MessageSender | None:
        master = self.content.master_configuration
        senders = self.content.message_senders
        return next((entry for entry in senders if master and entry.code == master.sync_message_sender), None)


class CatalogCache:
    """The versions that this process has read. A version never changes, so a cached one stays right."""

    def __init__(self) -> None:
        self._versions: OrderedDict[int, IndexedCatalog] = OrderedDict()

    async def get_version(self, session: AsyncSession, version: int) -> IndexedCatalog:
        """Return the catalog of that version; 0 is the empty catalog before the first.

        Raises:
            NotFound: there is none.
        """
        if version in self._versions:
            self._versions.move_to_end(version)
            return self._versions[version]
        content: Any = {}
        if version:
            content = await session.scalar(
                select(col(CatalogVersion.content)).where(col(CatalogVersion.version) == version)
            )
            if content is None:
                raise NotFound(f"There is no catalog version {version}.")
        found = IndexedCatalog(version, Catalog.model_validate(content))
        self._versions[version] = found
        while len(self._versions) > _MAX_CACHED_VERSIONS:
            self._versions.popitem(last=False)
        return found

    async def get_current(self, session: AsyncSession) -> IndexedCatalog:
        """Return the catalog in force."""
        newest = await session.scalar(select(func.max(CatalogVersion.version)))
        return await self.get_version(session, newest or 0)


class AppliedCatalog(Value):
    """The result of applying a catalog: the version in force, and the changes from the one before."""

    version: int
    applied: bool
    changes: tuple[CatalogChange, ...]


async def apply_catalog(
    session: AsyncSession,
    scope: Scope,
    catalogs: CatalogCache,
    proposed: Catalog,
    *,
    dry_run: bool,
    base: int | None = None,
) -> AppliedCatalog:
    """Check the whole catalog and put it in force. If it equals the one in force, nothing happens.

    `base` is the version that the editor started from, if they named it.

    Raises:
        Invalid: references that lead nowhere, programs that cannot run, limits below what is in use; each with its
        path. StaleVersion: somebody applied another catalog since `base`.
    """
    await session.execute(text("LOCK TABLE catalog_version IN SHARE ROW EXCLUSIVE MODE"))
    current = await catalogs.get_current(session)
    if base is not None and base != current.version:
        raise StaleVersion(
            f"The catalog in force is version {current.version}, not {base}.",
            fix="Read it again, repeat your change on it, and apply that.",
        )
    faults = [
        *describe_field_errors(find_catalog_errors(proposed)),
        *await _find_capacity_faults(session, current, proposed),
    ]
    if faults:
        raise Invalid(
            f"The catalog has {len(faults)} fault(s); nothing was applied.",
            fix="Correct each and apply again; a dry run shows them without applying.",
            code="invalid-catalog",
            pointers=faults,
        )
    changes = compare_catalogs(current.content, proposed)
    if dry_run or not changes:
        return AppliedCatalog(version=current.version, applied=False, changes=changes)
    return await _activate(session, scope, current.version + 1, proposed, changes)


async def _find_capacity_faults(session: AsyncSession, current: IndexedCatalog, proposed: Catalog) -> list[Pointer]:
    used = {row.program: row for row in (await session.execute(select(ProgramCapacity))).scalars()}
    faults = [
        Pointer("/programs", f"{code} is missing but has been applied for; set it inactive instead of removing it")
        for code in sorted(set(current.programs) - {program.code for program in proposed.programs})
        if code in used and used[code].customers
    ]
    for position, program in enumerate(proposed.programs):
        held = used.get(program.code)
        for name in ("customers", "devices", "kw"):
            maximum = getattr(program.capacity, name)
            in_use = getattr(held, name) if held else 0
            if maximum is not None and maximum < in_use:
                place = f"/programs/{position}/capacity/{name}"
                faults.append(Pointer(place, f"{maximum} is below the {in_use} in use"))
    return faults


async def _activate(
    session: AsyncSession, scope: Scope, version: int, proposed: Catalog, changes: tuple[CatalogChange, ...]
) -> AppliedCatalog:
    now = datetime.now(UTC)
    content = proposed.model_dump(mode="json")
    digest = compute_digest(content)
    session.add(
        CatalogVersion(version=version, content=content, content_hash=digest, applied_at=now, applied_by=scope.actor)
    )
    await _store_capacity_limits(session, proposed.programs)
    trail = AuditTrail(scope, now, f"catalog_{version}")
    summary = [change.model_dump(mode="json") for change in changes[:500]]
    trail.note(f"catalog_{version}", "catalog:applied", details={"changes": summary, "count": len(changes)})
    await trail.write(session)
    await session.flush()
    for program in proposed.programs:
        await notify_next_in_line(session, program)
    return AppliedCatalog(version=version, applied=True, changes=changes)


async def _store_capacity_limits(session: AsyncSession, programs: tuple[Program, ...]) -> None:
    if not programs:
        return
    rows = [
        {
            "program": program.code,
            "maximum_customers": program.capacity.customers,
            "maximum_devices": program.capacity.devices,
            "maximum_kw": program.capacity.kw,
            "customers": 0,
            "devices": 0,
            "kw": 0,
        }
        for program in programs
    ]
    statement = insert(ProgramCapacity).values(rows)
    names = ("maximum_customers", "maximum_devices", "maximum_kw")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["program"], set_={name: statement.excluded[name] for name in names}
        )
    )
