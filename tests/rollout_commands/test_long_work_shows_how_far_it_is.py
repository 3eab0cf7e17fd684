"""Long work has a progress bar for whoever watches, and only for them."""

import sys
from io import StringIO

import pytest

from core_site.rollout.commands.progress import counted


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    assert list(counted(["a", "b"], what="requests")) == ["a", "b"]

    shown = terminal.getvalue()
    assert "] 0 of 2 requests" in shown
    assert "###.." in shown
    assert shown.endswith("\r\x1b[K")


def test_the_bar_is_gone_before_an_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    work = counted(["a", "b"], what="requests")
    next(work)

    work.close()

    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_pipe_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)

    assert list(counted(["a"], what="requests")) == ["a"]
    assert pipe.getvalue() == ""
