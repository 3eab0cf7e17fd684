"""``rollout scaffold``: draft an endpoint's FastAPI side from its Django view."""

import argparse
from keyword import iskeyword
from pathlib import Path

from django.conf import settings

from core_site import stores
from core_site.rollout.commands.arguments import Subcommands, add_endpoint, endpoint_name
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput, indent
from core_site.rollout.evidence_models import Recording
from core_site.rollout.routes import api_routes
from shared_domain import rollout
from shared_domain.run_now import run_now


def add_to(verbs: Subcommands) -> None:
    verb = verbs.add(
        "scaffold",
        _scaffold,
        help="write schema, endpoint, service and test from Django's view and recorded traffic",
        example="GET '/v1/statements/{month}' --dry-run",
    )
    add_endpoint(verb)
    verb.add_argument("--dry-run", action="store_true", help="say what would be written only")
    verb.add_argument(
        "--module", metavar="NAME", type=_parse_module,
        help="default: the first word of the path, boats",
    )  # fmt: skip
    verb.add_argument(
        "--root", metavar="FOLDER", type=Path, help="the repository to write into; default: this",
        default=getattr(settings, "SITE_DIR", Path("site")).parent,
    )  # fmt: skip


def _parse_module(given: str) -> str:
    if not (given.isascii() and given.isidentifier()) or iskeyword(given):
        raise argparse.ArgumentTypeError(f"{given!r} is no name of a Python module, as boats")
    return given


def _scaffold(options: argparse.Namespace) -> CommandOutput:
    try:
        # Imported late: production has no generators.
        from core_site.rollout.scaffold.draft import draft_endpoint
    except ImportError as missing:
        raise _refusal(f"{missing.name} is missing: ./deploy/up --dev installs it") from None
    name = endpoint_name(options)
    endpoint = run_now(stores.endpoints().get(name))
    if endpoint and endpoint.is_on_edge:
        raise _refusal(f"the edge already has {' '.join(name)}")
    traffic = list(Recording.objects.filter(endpoint_id=endpoint.id)) if endpoint else []
    routes = {(one.method, rollout.path_shape(one.path_template)): one for one in api_routes()}
    route = routes.get((name[0], rollout.path_shape(name[1])))
    if route is None and not traffic:
        known = "; ".join(f"{one.method} {one.path_template}" for one in routes.values())
        raise _refusal(f"Django has no {' '.join(name)}, and none was recorded. It has: {known}")
    texts, questions = draft_endpoint(
        name, root=options.root, route=route, traffic=traffic, module=options.module or ""
    )
    _write(options.root, {} if options.dry_run else texts)
    files = [{"path": path, "lines": text.count("\n")} for path, text in texts.items()]
    return CommandOutput(
        document={"written": not options.dry_run, "files": files, "questions": questions},
        lines=[
            "Would write:" if options.dry_run else "Written:",
            *(f"  {file['path']} ({file['lines']} lines)" for file in files),
            "",
            "What could not be inferred is a failing test each:",
            *(indent(f"- {one}", 2) for one in questions),
        ],
    )


def _write(root: Path, texts: dict[str, str]) -> None:
    """Write every file, or none: an existing one is never overwritten."""
    written: list[Path] = []
    try:
        for name, text in texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as problem:
        for path in written:
            path.unlink()
        reason = f"{problem.filename}: {problem.strerror}; --module names others"
        raise _refusal(f"nothing was written: {reason}") from None


def _refusal(message: str) -> CommandStopped:
    return CommandStopped(message, ExitCode.REFUSED)
