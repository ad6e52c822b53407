"""What `gridenroll shipments` refuses before it calls the API."""

from typer.testing import CliRunner

from cli.main import app


def test_an_incomplete_confirmation_is_not_sent() -> None:
    answer = CliRunner().invoke(app, ["shipments", "confirmed", "shp_1", "--serial-number", "S-1"])
    assert answer.exit_code == 1
    assert "--confirmed-by" in answer.output
