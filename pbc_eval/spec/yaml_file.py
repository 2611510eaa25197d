"""Reading YAML 1.2 into plain Python, with the line on which each top-level key stands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pbc_eval.errors import SpecError


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """What a YAML file says. ``lines`` gives the line (from 1) of each top-level key."""

    data: dict[str, Any]
    path: Path
    lines: dict[str, int]


def read_yaml(path: Path) -> YamlDocument:
    """Read one mapping from ``path``; duplicate keys are refused.

    Raises SpecError when the file is missing, is not YAML, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = YAML(typ="safe", pure=True).load(text)
        marked = YAML(typ="rt", pure=True).load(text)
    except FileNotFoundError as error:
        raise SpecError(f"{path}: no such file.") from error
    except YAMLError as error:
        raise SpecError(f"{path}: not valid YAML. {error}") from error
    if not isinstance(data, dict):
        raise SpecError(f"{path}: expected keys and values at the top level, got {data!r}.")
    lines = {str(key): marked.lc.key(key)[0] + 1 for key in data}
    return YamlDocument(data=data, path=path, lines=lines)
