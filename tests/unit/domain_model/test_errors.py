"""What every error tells, whatever else it says."""

import pytest

from models import errors
from models.errors import GridenrollError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GridenrollError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_says_what_to_do_even_if_nothing_better_is_known(kind: type[GridenrollError]) -> None:
    assert kind("It went wrong.").fix.endswith(".")
    assert kind("It went wrong.", fix="Do this.").fix == "Do this."
