"""Check this codebase's own conventions, which no general linter knows. `make check` runs it."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.word_lint import find_in_page, find_in_python

SOURCES = (
    "activities", "api", "bench", "cli", "connectors", "migrations", "models", "operations", "relay", "rules",
    "settings", "simulator", "stack", "wording", "workflows",
)  # fmt: skip
MAX_LINES = 350
MAX_FILES = 15
VAGUE_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base"})
BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
MAY_CATCH_ALL = {
    "simulator/shared/store.py": "rolls the transaction back and raises the error again",
    "activities/errors.py": "translates every failure of an activity and raises it again",
    "workflows/signals.py": "stores a signal that cannot be read, with the reason, so that it cannot stop a workflow",
    "relay/supervisor.py": "keeps a background task alive: logs the error, backs off, continues or ends the process",
    "relay/attempt.py": "delivers the other messages when our own code fails on one",
}
ENDPOINT = "/v1/"
BELOW_THE_API = (
    "activities", "connectors", "models", "operations", "relay", "rules", "settings", "wording", "workflows",
)  # fmt: skip
MAY_NAME_ENDPOINTS = {
    "wording/links.py": "the paths that answers and sentences name",
    "models/views/device_setup.py": "an example of the links in an answer",
    "models/views/outbox.py": "an example of the links in an answer",
}
MAY_PAUSE = {"tests/waiting.py": "pauses between two checks of a condition"}
OUTSIDE_PACKAGES = {"migrations/versions": "Alembic loads these files by path; their names are not module names"}
CLOCKS = re.compile(
    r"^(datetime\.)?(datetime\.(now|utcnow|today)|date\.today)$|^time\.(time|monotonic|perf_counter)(_ns)?$"
)
NONDETERMINISTIC = frozenset({"os", "random", "secrets", "socket", "subprocess", "threading", "uuid"})
SLEEPS = frozenset({"time.sleep", "asyncio.sleep"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Fault(NamedTuple):
    """One violation of a convention, and what to do instead."""

    path: str
    line: int
    message: str


class Source:
    """One Python file and the full names of its imports."""

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
        """Return `time.monotonic` for `monotonic` after `from time import monotonic`, and "" for other expressions."""
        if isinstance(node, ast.Attribute):
            return f"{self.name(node.value)}.{node.attr}"
        return self._full_names.get(node.id, node.id) if isinstance(node, ast.Name) else ""

    def named(self) -> Iterator[tuple[ast.AST, str]]:
        for node in self.nodes:
            if isinstance(node, ast.Attribute | ast.Name):
                yield node, self.name(node)


def resolve_imports(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]


def find_commits(source: Source) -> Iterator[Fault]:
    if source.within("tests") or source.path == "operations/platform/database.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and source.name(node.func).endswith(".commit"):
            yield source.fault(
                node, "commits outside operations/platform/database.py: use `async with transaction(sessions)` instead"
            )


def find_clock_reads(source: Source) -> Iterator[Fault]:
    if not source.within("workflows", "wording", "rules", "models"):
        return
    for node, name in source.named():
        if CLOCKS.match(name):
            yield source.fault(
                node, f"{name} reads the system clock: take the instant as an argument, or use workflow.now()"
            )


def find_nondeterministic_imports(source: Source) -> Iterator[Fault]:
    """A replay must issue the same commands again, so a workflow gets time, random values and ids from the SDK."""
    for node in source.nodes if source.within("workflows") else ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in resolve_imports(node):
                if name.split(".")[0] in NONDETERMINISTIC:
                    yield source.fault(
                        node, f"a workflow imports {name}: use workflow.now(), workflow.uuid4() or an activity"
                    )


def find_broad_excepts(source: Source) -> Iterator[Fault]:
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
            yield source.fault(
                node, "catches everything: list the errors, or add the file with its reason to MAY_CATCH_ALL"
            )


def find_inline_policies(source: Source) -> Iterator[Fault]:
    if source.within("tests") or source.path == "workflows/policies.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and source.name(node.func).split(".")[-1] == "RetryPolicy":
            yield source.fault(node, "defines a retry policy where it is used: define it in workflows/policies.py")


def find_star_imports(source: Source) -> Iterator[Fault]:
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and any(name.name == "*" for name in node.names):
            yield source.fault(node, f"imports * from {node.module}: import the names that it uses")


def find_hidden_imports(source: Source) -> Iterator[Fault]:
    inside = {id(each): each for node in source.nodes if isinstance(node, FUNCTIONS) for each in ast.walk(node)}
    for node in inside.values():
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield source.fault(node, "imports inside a function, which hides a dependency: move the import to the top")


def find_sleeps(source: Source) -> Iterator[Fault]:
    if not source.within("tests") or source.path in MAY_PAUSE:
        return
    for node, name in source.named():
        if name in SLEEPS:
            yield source.fault(node, f"uses {name} in a test: wait for a condition with tests/waiting.py")


def find_long_files(source: Source) -> Iterator[Fault]:
    length = source.text.count("\n")
    if length > MAX_LINES:
        yield source.fault(MAX_LINES + 1, f"has {length} lines, more than {MAX_LINES}: split it by subject")


def find_vague_names(source: Source) -> Iterator[Fault]:
    for part in Path(source.path).with_suffix("").parts:
        if part in VAGUE_NAMES:
            yield source.fault(1, f"`{part}` does not describe the contents: name it after its subject")


def find_filled_inits(source: Source) -> Iterator[Fault]:
    if source.within("models") and source.path.endswith("/__init__.py") and source.text.strip():
        yield source.fault(1, "must be empty: every workflow would pay for its imports")


def find_missing_inits(source: Source) -> Iterator[Fault]:
    folder = Path(source.path).parent
    if source.within(*SOURCES) and folder.as_posix() not in OUTSIDE_PACKAGES and not source.packaged:
        yield source.fault(1, f"{folder}/ or a parent has no __init__.py, so import-linter does not check it")


def find_worker_imports(source: Source) -> Iterator[Fault]:
    """import-linter does not check single files, so this check keeps worker.py in its layer."""
    for node in source.nodes if source.path == "worker.py" else ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in resolve_imports(node):
                if name.split(".")[0] in ("api", "bench", "cli", "migrations", "simulator", "stack", "tests"):
                    yield source.fault(node, f"imports {name}, which is in a higher layer or in a sibling")


def find_endpoint_paths(source: Source) -> Iterator[Fault]:
    """Below the API, wording/links.py alone has paths of endpoints. Docstrings may name them."""
    if not source.within(*BELOW_THE_API) or source.path in MAY_NAME_ENDPOINTS:
        return
    docstrings = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    for node in source.nodes:
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and ENDPOINT in node.value
        if is_text and id(node) not in docstrings:
            yield source.fault(node, "names the path of an endpoint: take it from wording/links.py")


def find_refused_words(source: Source) -> Iterator[Fault]:
    for found in find_in_python(source.path, source.text):
        yield source.fault(found.line, f"says `{found.words}`: write {found.instead}")


CHECKS: tuple[Callable[[Source], Iterator[Fault]], ...] = (
    find_commits, find_clock_reads, find_nondeterministic_imports, find_broad_excepts, find_inline_policies,
    find_star_imports, find_hidden_imports, find_sleeps, find_long_files, find_vague_names, find_filled_inits,
    find_missing_inits, find_worker_imports, find_endpoint_paths, find_refused_words,
)  # fmt: skip


def find_refused_words_in_pages(root: Path) -> Iterator[Fault]:
    """Markdown pages have no Source."""
    for path in sorted(root.rglob("*.md")):
        name = path.relative_to(root).as_posix()
        if not name.startswith("."):
            for found in find_in_page(name, path.read_text(encoding="utf-8")):
                yield Fault(name, found.line, f"says `{found.words}`: write {found.instead}")


def find_crowded_folders(paths: Iterable[str]) -> Iterator[Fault]:
    """A folder holds one subject. Its empty __init__.py does not count."""
    counts = Counter(path.rpartition("/")[0] for path in paths if not path.endswith("/__init__.py"))
    for folder, count in counts.items():
        if count > MAX_FILES:
            yield Fault(folder, 1, f"has {count} files, more than {MAX_FILES}: group them in folders by subject")


def find_faults(root: Path) -> list[Fault]:
    """Return every fault in the Python files and the pages, ordered by path and line."""
    folders = (root / name for name in (*SOURCES, "examples", "tests"))
    paths = [root / "worker.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    sources = [Source(root, path) for path in paths if path.exists()]
    found = [fault for source in sources for check in CHECKS for fault in check(source)]
    crowded = find_crowded_folders(source.path for source in sources)
    return sorted([*found, *crowded, *find_refused_words_in_pages(root)])


def main() -> int:
    found = find_faults(Path(__file__).resolve().parent.parent)
    for fault in found:
        print(f"{fault.path}:{fault.line}: {fault.message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
