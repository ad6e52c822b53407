"""docs/operate/ names existing metrics, files and policies."""

import re
from datetime import timedelta
from pathlib import Path

from api.metrics import Metrics
from relay.supervisor import Supervisor
from stack.data.directory import DataDir
from workflows import policies

ROOT = Path(__file__).parents[3]
RUN = (ROOT / "docs/operate/run.md").read_text(encoding="utf-8")


def test_every_documented_metric_exists() -> None:
    measured = {
        name for family in Metrics(Supervisor()).registry.collect() for name in (family.name, f"{family.name}_total")
    }
    assert set(re.findall(r"gridenroll_\w+", RUN)) <= measured


def test_every_file_of_the_data_directory_is_described() -> None:
    names = {
        getattr(DataDir(Path("x")), name).name for name, kind in vars(DataDir).items() if isinstance(kind, property)
    }
    assert len(names) > 5
    assert [name for name in sorted(names) if f"`{name}" not in RUN] == []


def test_documented_hours_match_the_policies() -> None:
    # run.md and journeys/enroll.md say "six hours", "an hour" and "every hour": change them together with these.
    assert policies.DERMS_SEND["schedule_to_close_timeout"] == timedelta(hours=6)
    assert policies.OWN_DATABASE["schedule_to_close_timeout"] == timedelta(hours=1)
    assert timedelta(hours=1) == policies.AUTOMATIC_RETRY_INTERVAL
    assert timedelta(hours=6) == policies.MAX_STATUS_INTERVAL
