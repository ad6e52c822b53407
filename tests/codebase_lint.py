"""The codebase's own lint, run by `make check`: rules of this project that no other linter knows."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

SOURCES = (
    "activities", "api", "bench", "cli", "connectors", "migrations", "models", "operations", "relay", "rules",
    "settings", "simulator", "stack", "wording", "workflows",
)  # fmt: skip
LONGEST = 400
COLLECTORS = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base"})
BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
MAY_CATCH_ALL = {
    "simulator/shared/store.py": "rolls the transaction back and lets the error go on",
    "activities/errors.py": "says shortly what any activity fails with, and lets the error go on",
    "workflows/signals.py": "whatever a stranger has signaled stops no workflow; it is kept, with the reason",
    "relay/supervisor.py": "a background task outlives every error: logs it, backs off, goes on or ends the process",
    "relay/attempt.py": "a message that our own code fails on must not stop the others",
}
MAY_PAUSE = {"tests/waiting.py": "pauses between two looks at what a test waits for"}
OUTSIDE_PACKAGES = {"migrations/versions": "Alembic loads these by path; their names are no module names"}
CLOCKS = re.compile(
    r"^(datetime\.)?(datetime\.(now|utcnow|today)|date\.today)$|^time\.(time|monotonic|perf_counter)(_ns)?$"
)
UNREPEATABLE = frozenset({"os", "random", "secrets", "socket", "subprocess", "threading", "uuid"})
SLEEPS = frozenset({"time.sleep", "asyncio.sleep"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Fault(NamedTuple):
    """One violation, and what to do instead."""

    path: str
    line: int
    message: str


class Source:
    """A Python file, with the full name of everything it imports."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = path.relative_to(root).as_posix()
        folders = path.relative_to(root).parent.parts
        self.packaged = all((root.joinpath(*folders[: i + 1]) / "__init__.py").exists() for i in range(len(folders)))
        self.text = path.read_text(encoding="utf-8")
        self.nodes = list(ast.walk(ast.parse(self.text, self.path)))
        self._full_names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                self._full_names |= {name.asname: name.name for name in node.names if name.asname}
            elif isinstance(node, ast.ImportFrom):
                self._full_names |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}

    def within(self, *folders: str) -> bool:
        return self.path.split("/")[0] in folders

    def fault(self, node: ast.AST | int, message: str) -> Fault:
        return Fault(self.path, node if isinstance(node, int) else getattr(node, "lineno", 1), message)

    def name(self, node: ast.AST | None) -> str:
        """Return `time.monotonic` for `monotonic` after `from time import monotonic`; an empty string for other
        expressions."""
        if isinstance(node, ast.Attribute):
            return f"{self.name(node.value)}.{node.attr}"
        return self._full_names.get(node.id, node.id) if isinstance(node, ast.Name) else ""

    def named(self) -> Iterator[tuple[ast.AST, str]]:
        for node in self.nodes:
            if isinstance(node, ast.Attribute | ast.Name):
                yield node, self.name(node)


def resolve_imports(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]


def commits(source: Source) -> Iterator[Fault]:
    if source.within("tests") or source.path == "operations/platform/database.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and source.name(node.func).endswith(".commit"):
            yield source.fault(
                node, "a commit outside operations/platform/database.py: open a transaction(sessions) instead"
            )


def bare_clocks(source: Source) -> Iterator[Fault]:
    if not source.within("workflows", "rules", "models"):
        return
    for node, name in source.named():
        if CLOCKS.match(name):
            yield source.fault(node, f"{name} reads the wall clock: take the instant as an argument, or workflow.now()")


def unrepeatable_flows(source: Source) -> Iterator[Fault]:
    """A workflow is replayed: it must do again what it did, so it takes time, randomness and ids from the SDK."""
    for node in source.nodes if source.within("workflows") else ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in resolve_imports(node):
                if name.split(".")[0] in UNREPEATABLE:
                    yield source.fault(node, f"a flow imports {name}: workflow.now(), workflow.uuid4() or an activity")


def broad_excepts(source: Source) -> Iterator[Fault]:
    if source.path in MAY_CATCH_ALL:
        return
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and source.name(node.func).endswith("suppress"):
            caught = node.args
        else:
            continue
        if any(kind is None or source.name(kind) in BROAD for kind in caught):
            yield source.fault(node, "catches everything: name the errors, or add a reason to MAY_CATCH_ALL")


def inline_policies(source: Source) -> Iterator[Fault]:
    if source.within("tests") or source.path == "workflows/policies.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and source.name(node.func).split(".")[-1] == "RetryPolicy":
            yield source.fault(node, "a retry policy at its place of use: name it in workflows/policies.py")


def star_imports(source: Source) -> Iterator[Fault]:
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and any(name.name == "*" for name in node.names):
            yield source.fault(node, f"imports * from {node.module}: name what is used")


def hidden_imports(source: Source) -> Iterator[Fault]:
    inside = {id(each): each for node in source.nodes if isinstance(node, FUNCTIONS) for each in ast.walk(node)}
    for node in inside.values():
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield source.fault(node, "an import inside a function hides an edge: move it to the top")


def sleeping_tests(source: Source) -> Iterator[Fault]:
    if not source.within("tests") or source.path in MAY_PAUSE:
        return
    for node, name in source.named():
        if name in SLEEPS:
            yield source.fault(node, f"{name} in a test: wait for what should happen, by tests/waiting.py")


def long_files(source: Source) -> Iterator[Fault]:
    length = source.text.count("\n")
    if length > LONGEST:
        yield source.fault(LONGEST + 1, f"{length} lines; over {LONGEST} it has two subjects: split it")


def collecting_names(source: Source) -> Iterator[Fault]:
    for part in Path(source.path).with_suffix("").parts:
        if part in COLLECTORS:
            yield source.fault(1, f"`{part}` says nothing of what is inside: name it after its subject")


def full_models_inits(source: Source) -> Iterator[Fault]:
    if source.within("models") and source.path.endswith("/__init__.py") and source.text.strip():
        yield source.fault(1, "has to be empty: every flow would pay for what it imports")


def missing_inits(source: Source) -> Iterator[Fault]:
    folder = Path(source.path).parent
    if source.within(*SOURCES) and folder.as_posix() not in OUTSIDE_PACKAGES and not source.packaged:
        yield source.fault(1, f"{folder}/ has no __init__.py all the way: the import linter does not see it")


def worker_imports(source: Source) -> Iterator[Fault]:
    """Check worker.py, because import-linter takes no single files."""
    for node in source.nodes if source.path == "worker.py" else ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in resolve_imports(node):
                if name.split(".")[0] in ("api", "bench", "cli", "migrations", "simulator", "stack", "tests"):
                    yield source.fault(node, f"the worker imports {name}, which is above it or beside it")


CHECKS: tuple[Callable[[Source], Iterator[Fault]], ...] = (
    commits, bare_clocks, unrepeatable_flows, broad_excepts, inline_policies, star_imports, hidden_imports,
    sleeping_tests, long_files, collecting_names, full_models_inits, missing_inits, worker_imports,
)  # fmt: skip


def find_faults(root: Path) -> list[Fault]:
    """Return every violation in every Python file, ordered by location."""
    folders = (root / name for name in (*SOURCES, "tests"))
    paths = [root / "worker.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    sources = [Source(root, path) for path in paths if path.exists()]
    return sorted(fault for source in sources for check in CHECKS for fault in check(source))


def main() -> int:
    found = find_faults(Path(__file__).resolve().parent.parent)
    for fault in found:
        print(f"{fault.path}:{fault.line}: {fault.message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
