"""What leaves the database's reach is owed by a committed row, and sent by the worker alone.

The table of effects stands in ``shared_domain/DECISIONS.md``. Here: modules that reach out are
those of the table, and outside of their own folder only jobs and the worker import them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.harness.databases import ROOT

#: Libraries by which a program reaches others, and whose import a sender is known by.
REACH_OUT = {"aiohttp", "http.client", "smtplib", "urllib.request"}

#: What asks and changes nothing elsewhere, or is no server: commands of operators.
ONLY_ASKS = {
    "core_site/rollout/commands/edge_client.py",
    "core_site/demo/users_rollout.py",
    "core_site/demo/management/commands/roll_out_users.py",
}

#: Packages and modules that hand over mails, webhooks and notifications.
SENDERS = {
    "core_site.messages.sending",
    "core_site.notifications.sending",
    "core_site.webhooks.notices",
    "core_site.webhooks.sending",
}

#: The mail server's client itself, which Django's setting names.
TRANSPORT = {"core_site/config/international_mail.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "core_site").rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """Return dotted names of modules, and of what is taken from them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def hands_over(tree: ast.Module) -> bool:
    """Return whether a module sends a mail: ``mail.send()``, or a function of Django's."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(
        (
            isinstance(call, ast.Attribute)
            and (
                (
                    call.attr == "send"
                    and isinstance(call.value, ast.Name)
                    and call.value.id == "mail"
                )
                or call.attr in {"send_mail", "send_messages", "mail_admins", "email_user"}
            )
        )
        or (isinstance(call, ast.Name) and call.id in {"send_mail", "mail_admins"})
        for call in calls
    )


def is_sender(path: str) -> bool:
    module = Path(path).with_suffix("").as_posix().replace("/", ".")
    return any(module == sender or module.startswith(f"{sender}.") for sender in SENDERS)


def test_only_the_senders_reach_out() -> None:
    reaching = {path for path, tree in modules() if imported(tree) & REACH_OUT or hands_over(tree)}

    assert {path for path in reaching - ONLY_ASKS - TRANSPORT if not is_sender(path)} == set()
    assert {path for path in reaching if is_sender(path)}, "the names of the senders have changed"


def test_only_the_worker_sends() -> None:
    callers = {
        path
        for path, tree in modules()
        if not is_sender(path)
        and any(
            name == sender or name.startswith(f"{sender}.")
            for name in imported(tree)
            for sender in SENDERS
        )
    }

    assert {Path(path).name for path in callers} <= {"jobs.py", "worker.py"}
    assert callers
