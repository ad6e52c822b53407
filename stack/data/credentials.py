"""Random secrets of one data folder, made once and kept, so that a restart does not lock anybody out."""

import secrets
from dataclasses import dataclass

from stack.data.directory import DataDir
from stack.data.json_files import read_json, write_json

SECRET_NAMES = ("api_token", "derms_secret", "head_end_secret", "postgresql_password")


@dataclass(frozen=True)
class Credentials:
    """For development on this machine only; a production installation brings its own."""

    api_token: str
    derms_secret: str
    head_end_secret: str
    postgresql_password: str


def load_or_create_credentials(data: DataDir) -> Credentials:
    """Those of the last time, with what is missing made up now."""
    found = read_json(data.secrets)
    kept = {name: str(found.get(name) or secrets.token_urlsafe(32)) for name in SECRET_NAMES}
    if kept != found:
        write_json(data.secrets, kept)
    return Credentials(**kept)
