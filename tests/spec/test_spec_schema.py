"""The exported JSON Schema, and the models that it comes from."""

from __future__ import annotations

import json
from pathlib import Path

from provenv import spec
from provenv.model.spec import ACCELERATORS
from provenv.spec.validate import known_keys


def test_the_schema_names_every_key_with_a_description() -> None:
    schema = spec.json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(schema["properties"]) == {
        "schema", "name", "python", "requirements", "accelerator", "system",
        "env", "mirrors", "prove", "data", "run", "target",
    }  # fmt: skip
    assert schema["additionalProperties"] is False
    for name, definition in [("Declared", schema), *schema["$defs"].items()]:
        for key, entry in definition.get("properties", {}).items():
            assert entry.get("description"), f"{name}.{key}"
    assert tuple(schema["properties"]["accelerator"]["enum"]) == ACCELERATORS
    json.dumps(schema)


def test_free_keys_stand_where_the_design_has_them() -> None:
    definitions = spec.json_schema()["$defs"]
    assert definitions["Environment"]["additionalProperties"]["type"] == "string"
    assert definitions["TargetTable"]["additionalProperties"] is True
    assert definitions["RunTable"]["additionalProperties"] is False


def test_known_keys_by_table() -> None:
    assert known_keys(("run", "train")) == ["command", "processes", "retries", "stall", "min_hosts", "data"]
    assert known_keys(("requirements", 3)) == ["file", "groups", "extras"]
    assert known_keys(("elsewhere",)) == []


def test_catalogues_lie_beside_the_code(repository: Path) -> None:
    for language in ("en", "zh_CN"):
        assert (repository / "src/provenv/ui/catalogues" / language / "spec.po").is_file()
