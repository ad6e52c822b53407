"""The random secrets of a data folder. They are created once, so that they stay valid after a restart."""

import secrets
from dataclasses import dataclass

from stack.data.directory import DataDir
from stack.data.json_files import read_json, write_json

SECRET_NAMES = ("api_token", "derms_secret", "head_end_secret", "postgresql_password")


@dataclass(frozen=True)
class Credentials:
    """Secrets for development on this machine; a production installation brings its own."""

    api_token: str
    derms_secret: str
    head_end_secret: str
    postgresql_password: str


def load_or_create_credentials(data: DataDir) -> Credentials:
    """Returns the credentials of the last start, and creates those that are missing."""
    found = read_json(data.secrets)
    values = {name: str(found.get(name) or secrets.token_urlsafe(32)) for name in SECRET_NAMES}
    if values != found:
        write_json(data.secrets, values)
    return Credentials(**values)
