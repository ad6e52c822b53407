"""`python -m simulator.derms`: a DERMS to try things against. Settings come from DERMS_SIMULATOR_* variables."""

from simulator.derms.application import build_application
from simulator.derms.settings import Settings
from simulator.shared.server import serve


def main() -> None:
    """Serves until it is told to stop, which it does within a second or so."""
    settings = Settings()
    serve(build_application(settings), settings.host, settings.port)


if __name__ == "__main__":
    main()
