"""`python -m simulator`: a DERMS to try things against. Settings come from DERMS_SIMULATOR_* variables."""

from simulator.application import application
from simulator.serving import serve
from simulator.settings import Settings


def main() -> None:
    """Serves until it is told to stop, which it does within a second or so."""
    settings = Settings()
    serve(application(settings), settings.host, settings.port)


if __name__ == "__main__":
    main()
