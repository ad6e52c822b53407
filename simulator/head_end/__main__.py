"""`python -m simulator.head_end`: a vendor cloud to try things against, set by HEAD_END_SIMULATOR_* variables."""

from simulator.head_end.application import build_application
from simulator.head_end.settings import Settings
from simulator.shared.server import serve


def main() -> None:
    """Serves until it is told to stop, which it does within a second or so."""
    settings = Settings()
    serve(build_application(settings), settings.host, settings.port)


if __name__ == "__main__":
    main()
