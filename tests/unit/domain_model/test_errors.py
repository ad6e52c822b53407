"""What every error says by default."""

import pytest

from models import errors
from models.errors import GridenrollError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GridenrollError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_default_fix(kind: type[GridenrollError]) -> None:
    assert kind("It went wrong.").fix.endswith(".")
    assert kind("It went wrong.", fix="Do this.").fix == "Do this."
