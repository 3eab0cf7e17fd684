"""How Hypothesis searches for counterexamples, and the option ``--long`` that lets it search more.

A plugin of pytest, which is named by ``tests/conftest.py`` and by that of ``tests/domain``.
"""

from typing import Any

import hypothesis
import pytest

#: In the short form the same examples are tried every time, so that the verdict can be looked up
#: by commit, in the long form many more, and others each time. Neither has a deadline, which
#: would be one of the machine.
PROFILES: dict[str, dict[str, Any]] = {
    "short": {"derandomize": True, "max_examples": 25},
    "long": {"max_examples": 1000},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked long as well")


def pytest_configure(config: pytest.Config) -> None:
    for name, differs in PROFILES.items():
        hypothesis.settings.register_profile(
            name,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
            **differs,
        )
    if config.getoption("long"):
        hypothesis.settings.load_profile("long")
    else:
        hypothesis.settings.load_profile("short")
        take_no_examples_from_code()


def take_no_examples_from_code() -> None:
    """Let Hypothesis try no constants of the modules that this process has imported.

    It reads and parses all of them for that, 800 files in each process of a whole run, and has
    other examples when another module was imported before: no verdict to be looked up by commit.
    """
    from hypothesis.internal.conjecture import providers

    providers._get_local_constants = lambda: providers._local_constants
