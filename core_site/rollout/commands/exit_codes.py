"""How ``manage.py rollout`` ends, for scripts and CI."""

from enum import IntEnum

from django.core.management.base import CommandError

from shared_domain.rollout import PromotionVerdict


class ExitCode(IntEnum):
    """The exit status of every subcommand."""

    DONE = 0
    DIFFERS = 1
    USAGE = 2
    REFUSED = 3
    INSUFFICIENT = 4
    MISCONFIGURED = 5
    UNREACHABLE = 6


EXIT_CODE_HELP = {
    ExitCode.DONE: "done, or ready",
    ExitCode.DIFFERS: "the two halves differ",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.REFUSED: "refused: it cannot work, and nothing has changed",
    ExitCode.INSUFFICIENT: "too little evidence",
    ExitCode.MISCONFIGURED: "the two halves do not look at the same data, or no edge answered",
    ExitCode.UNREACHABLE: "the database, the edge or its key is not there",
}

VERDICT_EXIT_CODES = {
    PromotionVerdict.READY: ExitCode.DONE,
    PromotionVerdict.DIFFERS: ExitCode.DIFFERS,
    PromotionVerdict.UNSTABLE: ExitCode.DIFFERS,
    PromotionVerdict.INSUFFICIENT: ExitCode.INSUFFICIENT,
    PromotionVerdict.MISCONFIGURED: ExitCode.MISCONFIGURED,
}


class CommandStopped(CommandError):
    """A subcommand cannot go on; the message is one line that says why, and what would help."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message, returncode=exit_code.value)
