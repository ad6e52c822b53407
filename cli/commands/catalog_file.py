"""The reader of catalog.yaml: the catalog, with long lists of specifications in files beside it."""

import csv
from pathlib import Path
from typing import Any, cast

import yaml

from cli.output import fail


def read_catalog(path: Path) -> dict[str, Any]:
    """Returns the document for PUT /v1/catalog.

    `specification_files` name CSV files with a manufacturer, a model and a rated power (kW) in each line.
    """
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fail(f"There is no file {path}.", "Name the catalog's YAML file.")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        fail(f"{path} is not YAML in UTF-8: {error}", "Correct it and try again.")
    if not isinstance(document, dict):
        fail(f"{path} holds no mapping.", "A catalog has keys such as programs; see examples/catalog.yaml.")
    catalog = cast(dict[str, Any], document)
    files = catalog.pop("specification_files", [])
    listed = [entry for file in files for entry in _read_specifications(path.parent, file)]
    catalog["specifications"] = [*catalog.get("specifications", []), *listed]
    return catalog


def _read_specifications(folder: Path, file: dict[str, str]) -> list[dict[str, Any]]:
    source = folder / file["path"]
    try:
        with source.open(encoding="utf-8", newline="") as lines:
            return [
                {
                    "code": f"{file['code_prefix']}-{number:04d}",
                    "description": f"{row['manufacturer']} {row['model']}",
                    "asset_type": file["asset_type"],
                    "manufacturer": row["manufacturer"],
                    "model": row["model"],
                    "rated_kw": row["rated_kw"],
                    "communication": file["communication"],
                    "head_end": file["head_end"],
                }
                for number, row in enumerate(csv.DictReader(lines), start=1)
            ]
    except FileNotFoundError:
        fail(f"There is no file {source}.", "specification_files name files beside the catalog.")
