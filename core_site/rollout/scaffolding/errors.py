"""Why nothing was generated.

ScaffoldRefused
 ├── NoSuchRoute
 ├── AlreadyOnTheEdge
 ├── FilesInTheWay
 ├── PathUnusable
 ├── ProjectNotFound
 └── RuffMissing
"""

from collections.abc import Sequence
from pathlib import Path


class ScaffoldRefused(Exception):
    """No code was generated, and no file was touched; ``str()`` says why, for the developer."""


class NoSuchRoute(ScaffoldRefused):
    """The site has no such endpoint, and nothing was observed that could stand in for it."""

    def __init__(self, endpoint: str, *, known: Sequence[str]) -> None:
        listed = "\n".join(f"  {it}" for it in known)
        super().__init__(
            f"the site has no {endpoint}, and no traffic of it was recorded. It has:\n{listed}"
        )


class AlreadyOnTheEdge(ScaffoldRefused):
    """The edge serves it: there is nothing to generate."""

    def __init__(self, endpoint: str, *, where: Path) -> None:
        super().__init__(f"the edge already has {endpoint}: see {where}")


class FilesInTheWay(ScaffoldRefused):
    """A file that would be generated exists. Nothing is ever overwritten: move it, or delete it."""

    def __init__(self, paths: Sequence[Path]) -> None:
        listed = ", ".join(map(str, paths))
        super().__init__(f"these exist already, and nothing was written: {listed}")
        self.paths = tuple(paths)


class PathUnusable(ScaffoldRefused):
    """The path is not one of the API, or has no word that anything could be called after."""


class ProjectNotFound(ScaffoldRefused):
    """The folder holds neither Portico nor the package of the project's URLconf."""

    def __init__(self, root: Path, *, package: str) -> None:
        super().__init__(f"{root.resolve()} has no {package}/: name the project's folder, --root")


class RuffMissing(ScaffoldRefused):
    """The generated code is formatted by ruff, which is one of the tools of development."""

    def __init__(self) -> None:
        super().__init__(
            "ruff is not installed; ./deploy/up --dev installs the tools of development"
        )
