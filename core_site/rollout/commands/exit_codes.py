"""How a command ends, for scripts and CI."""

from enum import IntEnum

from shared_domain.rollout import Verdict


class Exit(IntEnum):
    """The exit status of every verb."""

    DONE = 0
    DIFFERS = 1
    USAGE = 2
    REFUSED = 3
    INSUFFICIENT = 4
    MISDIRECTED = 5
    UNREACHABLE = 6


MEANING = {
    Exit.DONE: "done, or ready",
    Exit.DIFFERS: "the two halves differ",
    Exit.USAGE: "the command line is wrong",
    Exit.REFUSED: "refused: it cannot work, and nothing has changed",
    Exit.INSUFFICIENT: "too little evidence",
    Exit.MISDIRECTED: "the two halves do not look at the same data, or the door is none",
    Exit.UNREACHABLE: "the database, the door or its key is not there",
}

OF_VERDICT = {
    Verdict.READY: Exit.DONE,
    Verdict.DIFFERS: Exit.DIFFERS,
    Verdict.UNSTABLE: Exit.DIFFERS,
    Verdict.INSUFFICIENT: Exit.INSUFFICIENT,
    Verdict.MISDIRECTED: Exit.MISDIRECTED,
}


class Stopped(Exception):
    """A command cannot go on; ``str()`` is the one line that says why, and what would help."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message)
        self.exit_code = exit_code
