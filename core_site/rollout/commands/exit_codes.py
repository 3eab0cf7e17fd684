"""The exit statuses of ``manage.py rollout``, for scripts and CI."""

from django.core.management.base import CommandError
from django.db.models import IntegerChoices

from shared_domain.rollout import PromotionVerdict


class ExitCode(IntegerChoices):
    """The exit status of every subcommand; ``--help`` prints the labels."""

    DONE = 0, "done, or ready"
    DIFFERS = 1, "the two halves differ"
    USAGE = 2, "the command line is wrong"
    REFUSED = 3, "refused: it cannot work, and nothing has changed"
    INSUFFICIENT = 4, "too little evidence"
    MISCONFIGURED = 5, "the two halves do not look at the same data, or no edge answered"
    UNREACHABLE = 6, "the database, the edge or its key is not there"


VERDICT_EXIT_CODES = {
    PromotionVerdict.READY: ExitCode.DONE,
    PromotionVerdict.DIFFERS: ExitCode.DIFFERS,
    PromotionVerdict.UNSTABLE: ExitCode.DIFFERS,
    PromotionVerdict.INSUFFICIENT: ExitCode.INSUFFICIENT,
    PromotionVerdict.MISCONFIGURED: ExitCode.MISCONFIGURED,
}


class CommandStopped(CommandError):
    """A subcommand stops with an exit status, most often because the command line is wrong.

    The message is one line, with the cause and the remedy.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message, returncode=exit_code.value)
