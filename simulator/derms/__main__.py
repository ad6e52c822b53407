"""`python -m simulator.derms`: a DERMS to try things with. Its settings are DERMS_SIMULATOR_* variables."""

from simulator.derms.application import build_derms
from simulator.derms.settings import Settings
from simulator.shared.server import serve


def main() -> None:
    """Serves until the process is asked to stop."""
    settings = Settings()
    serve(build_derms(settings), settings.host, settings.port)


if __name__ == "__main__":
    main()
