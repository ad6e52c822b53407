"""`python -m simulator.head_end`: a vendor cloud to try things with, set by HEAD_END_SIMULATOR_* variables."""

from simulator.head_end.application import build_head_end
from simulator.head_end.settings import Settings
from simulator.shared.server import serve


def main() -> None:
    """Serves until the process is asked to stop."""
    settings = Settings()
    serve(build_head_end(settings), settings.host, settings.port)


if __name__ == "__main__":
    main()
