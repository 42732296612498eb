"""Writing the lab's files: YAML that our strict reader takes is also what json.dumps writes."""

import json
import os
from pathlib import Path


def write(path, text, mode=0o644):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as out:
        os.fchmod(descriptor, mode)
        out.write(text)
    return path


def to_yaml(value, indent=0):
    """Block YAML for mappings, lists and scalars; every text is quoted, so nothing is guessed."""
    pad = "  " * indent
    lines = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, (dict, list)) and inner:
                lines.append(f"{pad}{key}:")
                lines.append(to_yaml(inner, indent + 1))
            elif isinstance(inner, str) and "\n" in inner:
                lines.append(f"{pad}{key}: |")
                lines.extend(f"{pad}  {line}" for line in inner.rstrip("\n").split("\n"))
            else:
                lines.append(f"{pad}{key}: {scalar(inner)}")
    else:
        for inner in value:
            if isinstance(inner, dict) and inner:
                block = to_yaml(inner, indent + 1)
                lines.append(f"{pad}- {block.lstrip()}")
            else:
                lines.append(f"{pad}- {scalar(inner)}")
    return "\n".join(lines)


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if value == {} or value == []:
        return json.dumps(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return json.dumps(str(value))


def write_yaml(path, value, mode=0o644):
    return write(path, to_yaml(value) + "\n", mode)
