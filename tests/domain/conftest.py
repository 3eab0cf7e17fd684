"""Rules of ``shared_domain`` on values: alone, they run by ``pytest.toml`` beside this file."""

import pytest


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.import_plugin("tests.harness.hypothesis_profiles")
