"""Figures of the repository: sizes, words and habits, of a commit or of the working tree.

::

    python tests/repository/figures.py            # the working tree
    python tests/repository/figures.py 9699c25    # a commit

Lines are those of Python files without migrations. How names are counted is said beside each
pattern; the figures compare two states of one repository, not repositories with each other.
"""

import ast
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

HALVES = ("shared_domain", "api_edge", "core_site")

#: The rooms of the rollout, under their names of now and before; ``proxy`` is counted apart.
ROLLOUT = (
    *("shared_domain/rollout/", "shared_domain/parity/", "shared_domain/endpoints/"),
    *("api_edge/rollout/", "api_edge/front_door/moving/", "api_edge/front_door/standing.py"),
    *("core_site/rollout/", "core_site/endpoints/"),
)
PROXY = ("api_edge/proxy/", "api_edge/front_door/")
SCAFFOLD = ("core_site/rollout/scaffold", "core_site/endpoints/scaffold")

#: ``loading``, but not ``pricing``: a noun or a verb of technical use that ends alike.
GERUND = re.compile(r"[a-z_]*ing")
NO_GERUNDS = {
    *("pricing", "string", "wiring", "rounding", "paging", "forwarding", "shadowing"),
    *("billing", "framing", "mapping", "rebooking", "throttling"),
}
OF_OR_FROM = re.compile(r"[a-z_]+_(of|from)")
#: One word that is the past participle of a verb.
PARTICIPLE = re.compile(r"_?([a-z]+ed|told|given|seen|taken|known|held|sent|written|made|found)")

IT = re.compile(r"\bfor it in\b|\blambda it\b")
NOBODY = re.compile(r"\b(nobody|whoever|somebody|everybody)\b", re.IGNORECASE)
#: The company that runs Portico is the supplier, and Django is django or upstream.
HOUSE = re.compile(r"\bthe house\b", re.IGNORECASE)
#: Not `found[1]`, the group of a match.
BY_NUMBER = re.compile(r"\b(row|columns|record)\[\d+\]")
PUBLIC_CLASS = re.compile(r"^class ([A-Za-z]\w*)", re.MULTILINE)
#: Django finds a command by its name, and django-pghistory names tables after its base class.
NAMED_BY_LIBRARIES = {("core_site", "Command"), ("core_site/history/row_version.py", "Event")}
SLEEP = re.compile(r"\btime\.sleep\(")


@dataclass(frozen=True)
class Repository:
    """The Python files of one state of the repository."""

    root: Path

    @cached_property
    def texts(self) -> dict[str, str]:
        """Return the text of each Python file by its path, without migrations."""
        folders = (*HALVES, "deploy", "tests")
        return {
            path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8")
            for folder in folders
            for path in sorted((self.root / folder).rglob("*.py"))
            if "migrations" not in path.parts
        }

    @cached_property
    def production(self) -> dict[str, str]:
        return {path: text for path, text in self.texts.items() if path.startswith(HALVES)}

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        return {path: ast.parse(text) for path, text in self.production.items()}

    def lines(self, *prefixes: str) -> int:
        """Return how many lines the files below these paths have."""
        return sum(
            len(text.splitlines()) for path, text in self.texts.items() if path.startswith(prefixes)
        )

    def lines_of_all_files(self, folder: str) -> int:
        """Return how many lines all files below a folder have, of whatever kind."""
        return sum(
            len(path.read_text(encoding="utf-8").splitlines())
            for path in (self.root / folder).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        )

    def functions(self) -> list[str]:
        return [
            node.name
            for tree in self.trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]

    def classes_of_one_name(self, half: str) -> set[str]:
        """Return the names of public classes that two modules of a half define."""
        names = Counter(
            name
            for path, text in self.texts.items()
            if path.startswith(f"{half}/")
            for name in PUBLIC_CLASS.findall(text)
            if not {(half, name), (path, name)} & NAMED_BY_LIBRARIES
        )
        return {name for name, count in names.items() if count > 1}

    @property
    def rollout_percent(self) -> float:
        """The share of the rollout and the proxy in the lines of production."""
        rooms = self.lines(*ROLLOUT, *PROXY)
        return 100 * rooms / self.lines(*(f"{half}/" for half in HALVES))

    @property
    def scaffold_lines(self) -> int:
        return self.lines(*SCAFFOLD, "core_site/rollout/commands/scaffold")

    def count(self, pattern: re.Pattern[str], texts: Iterable[str]) -> int:
        return sum(len(pattern.findall(text)) for text in texts)


def figures(repository: Repository) -> Iterator[tuple[str, object]]:
    """Return each figure with what it counts."""
    production, texts = repository.production, repository.texts
    everything = repository.lines(*(f"{half}/" for half in HALVES))
    sizes = sorted(len(text.splitlines()) for text in production.values())
    yield "production: lines", everything
    yield "production: modules", len(sizes)
    yield "production: median and longest module", (sizes[len(sizes) // 2], sizes[-1])
    rollout = repository.lines(*ROLLOUT)
    proxy = repository.lines(*PROXY) - repository.lines("api_edge/front_door/moving/")
    yield "rollout: lines", rollout
    yield "rollout: share of production", _percent(rollout, everything)
    yield "proxy: lines", proxy
    yield "rollout and proxy: share of production", _percent(rollout + proxy, everything)
    yield "scaffold: lines", repository.scaffold_lines
    yield (
        "admin board and commands: lines",
        repository.lines(
            *(f"core_site/rollout/{room}" for room in ("admin_board", "commands")),
            *(f"core_site/endpoints/{room}" for room in ("board", "command_line")),
        ),
    )
    yield "partner_api: lines", repository.lines("core_site/partner_api/")
    yield "demo: lines, data files included", repository.lines_of_all_files("core_site/demo")
    yield "bench: lines", repository.lines("tests/bench/")
    yield "tests: lines", repository.lines("tests/")

    modules = [Path(path).stem for path in production if not path.endswith("__init__.py")]
    gerunds = [name for name in modules if GERUND.fullmatch(name) and name not in NO_GERUNDS]
    yield "modules named with a gerund", _percent(len(gerunds), len(modules))
    functions = repository.functions()
    for name, pattern in {"*_of, *_from": OF_OR_FROM, "a participle": PARTICIPLE}.items():
        found = [function for function in functions if pattern.fullmatch(function)]
        yield f"functions named {name}", _percent(len(found), len(functions))
    words = {"`it` as a variable": IT, "nobody, whoever, somebody": NOBODY, "the house": HOUSE}
    for name, pattern in words.items():
        yield f"{name}: in production", repository.count(pattern, production.values())
        yield f"{name}: everywhere", repository.count(pattern, texts.values())
    for half in HALVES:
        yield f"public classes of one name in {half}", len(repository.classes_of_one_name(half))
    yield "row[n]", repository.count(BY_NUMBER, production.values())
    yield (
        "time.sleep in tests",
        repository.count(
            SLEEP, (text for path, text in texts.items() if path.startswith("tests/"))
        ),
    )
    yield "files over 400 lines", sum(len(text.splitlines()) > 400 for text in texts.values())
    readme = repository.root / "README.md"
    yield "README: words", len(readme.read_text(encoding="utf-8").split())


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part})"


def main() -> None:
    if len(sys.argv) == 1:
        show(Repository(ROOT))
        return
    with tempfile.TemporaryDirectory(prefix="portico-figures-") as folder:
        archive = subprocess.run(
            ["git", "archive", sys.argv[1]], cwd=ROOT, capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        show(Repository(Path(folder)))


def show(repository: Repository) -> None:
    for name, figure in figures(repository):
        print(f"{name:<45} {figure}")


if __name__ == "__main__":
    main()
