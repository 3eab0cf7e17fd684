"""Python source from its parts: imports for the names it uses, wrapped texts, ruff's formatting."""

import ast
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from core_site.rollout.scaffolding.errors import RuffMissing

_WIDTH = 92

_SETTINGS = str(Path(__file__).resolve().parents[4] / "pyproject.toml")

#: Where the names come from that any generated module may use.
STANDARD = {
    **dict.fromkeys(["date", "datetime", "time"], "datetime"),
    "Annotated": "typing",
    "Any": "typing",
    "Decimal": "decimal",
    "Literal": "typing",
    "Mapping": "collections.abc",
    "Protocol": "typing",
    "UUID": "uuid",
    "dataclass": "dataclasses",
}


def module(docstring: str, *blocks: str, sources: Mapping[str, str]) -> str:
    """Return a module made of the blocks, with imports for those of ``sources`` that it uses.

    ``sources`` says which module each name is imported from.
    """
    body = "\n\n\n".join(block.strip("\n") for block in blocks if block.strip())
    used = names_used(body)
    by_module: dict[str, list[str]] = {}
    for name, where in sorted({**STANDARD, **sources}.items()):
        if name in used:
            by_module.setdefault(where, []).append(name)
    imports = "\n".join(f"from {it} import {', '.join(by_module[it])}" for it in by_module)
    text = "\n\n".join(part for part in (quoted_docstring(docstring), imports, body) if part)
    return f"{text}\n"


def names_used(source: str) -> set[str]:
    """Return the names that the source reads and does not make itself."""
    nodes = list(ast.walk(ast.parse(source)))
    return {it.id for it in nodes if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Load)}


def quoted_docstring(text: str, *, indent: str = "") -> str:
    """Return the text as a docstring, wrapped where it is too long for a line."""
    paragraphs = [" ".join(it.split()) for it in text.strip().split("\n\n")]
    safe = [it.replace("\\", "\\\\").replace('"""', "'''") for it in paragraphs]
    lines = [textwrap.wrap(it, width=_WIDTH) or [""] for it in safe]
    if lines[0][-1].endswith('"'):
        lines[0][-1] += "."
    if len(lines) == 1 and len(lines[0]) == 1:
        return f'{indent}"""{lines[0][0]}"""'
    written = "\n\n".join("\n".join(f"{indent}{it}" for it in part) for part in lines)
    return f'{indent}"""{written.removeprefix(indent)}\n{indent}"""'


def quoted(text: str) -> str:
    """Return the text as an argument of a call: a literal on each of as many lines as it needs."""
    parts = textwrap.wrap(text, width=_WIDTH - 8, drop_whitespace=False) or [""]
    return "\n".join(literal(part) for part in parts)


def literal(value: object) -> str:
    """Return a JSON value as Python writes it, with the quotation marks that ruff prefers."""
    if isinstance(value, str):
        written = repr(value)
        is_single = written.startswith("'") and '"' not in written
        return f'"{written[1:-1]}"' if is_single else written
    return repr(value)


def arguments(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def tidied(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the modules, each by its path, as ``ruff`` sorts and formats them.

    Raises:
        RuffMissing: it is not installed; it comes with the tools of development.
    """
    with TemporaryDirectory(prefix="portico-scaffold-") as folder:
        for path, source in sources.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, encoding="utf-8")
        _run_ruff("check", "--fix", "--select", "I,F401", folder)
        _run_ruff("format", folder)
        return {path: Path(folder, path).read_text(encoding="utf-8") for path in sources}


def _run_ruff(*command: str) -> None:
    done = subprocess.run(
        # The repository's own settings count, wherever the code is going to be written.
        [sys.executable, "-m", "ruff", *command, "--quiet", "--config", _SETTINGS],
        capture_output=True,
        text=True,
        check=False,
    )
    if "No module named" in done.stderr:
        raise RuffMissing
    if done.returncode:
        raise RuntimeError(f"the generated code is no Python: {done.stdout}{done.stderr}")
