"""Local times follow the locked ``tzdata``, whatever the machine's own zoneinfo says."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from core_site.catalog import validation
from shared_domain import time_zones
from tests.harness.databases import ROOT

#: What each half says of a summer's noon in Lisbon, and of which names a form accepts.
BOTH_HALVES = """
import json, zoneinfo
from datetime import UTC, date, datetime, time
import django
django.setup()
from api_edge.octo import render_availability
from core_site.catalog import models, validation
from shared_domain.availability import AvailabilityStatus, Slot
from tests.domain.samples import make_departure, make_product

noon = datetime(2026, 7, 14, 12, tzinfo=UTC)
slot = Slot(make_departure(), AvailabilityStatus.AVAILABLE, None)
row = models.Departure(
    local_date=date(2026, 7, 14), start_time=time(9, 30),
    option=models.Option(product=models.Product(time_zone="Europe/Lisbon")),
)
def refused(name):
    try:
        validation.time_zone(name)
    except Exception as problem:
        return type(problem).__name__
print(json.dumps({
    "machine": noon.astimezone(zoneinfo.ZoneInfo("Europe/Lisbon")).isoformat(),
    "edge": render_availability.slot(slot, make_product()).local_date_time_start,
    "django": row.local_start,
    "refused": {name: refused(name) for name in ("localtime", "Mars/Base", "Europe/Lisbon")},
}))
"""


@pytest.fixture
def doctored(tmp_path: Path) -> Path:
    """A zoneinfo folder of a machine that takes Lisbon for Tokyo, and knows places of its own."""
    tokyo = files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes()
    for name in ("Europe/Lisbon", "Mars/Base", "localtime", "UTC"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(tokyo)
    return tmp_path


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_both_halves_ignore_the_machine(doctored: Path) -> None:
    said = json.loads(run(BOTH_HALVES, PYTHONTZPATH=str(doctored)))

    assert said == {
        "machine": "2026-07-14T21:00:00+09:00",
        "edge": "2026-07-14T09:30:00+01:00",
        "django": "2026-07-14 09:30",
        "refused": {
            "localtime": "ValidationError",
            "Mars/Base": "ValidationError",
            "Europe/Lisbon": None,
        },
    }


def test_another_tzdata_is_another_fingerprint(tmp_path: Path) -> None:
    newer = tmp_path / "tzdata"
    shutil.copytree(str(files("tzdata")), newer)
    shutil.copy(newer / "zoneinfo/Asia/Tokyo", newer / "zoneinfo/Europe/Lisbon")
    code = (
        "from shared_domain.time_zones import rules_fingerprint as of\n"
        "print(of('Europe/Lisbon') == of('Asia/Tokyo'), of('Europe/Madrid'))"
    )

    said = run(code, PYTHONPATH=str(tmp_path))

    madrid = time_zones.rules_fingerprint("Europe/Madrid")
    assert said.split() == ["True", madrid]
    assert time_zones.rules_fingerprint("Europe/Lisbon") != madrid


@pytest.mark.parametrize(
    "name",
    ["Europe/Lisbon", "America/Argentina/Buenos_Aires", "US/Pacific", "Asia/Calcutta", "UTC"],
)
def test_places_are_accepted(name: str) -> None:
    validation.time_zone(name)


@pytest.mark.parametrize(
    "name",
    ["localtime", "posixrules", "Factory", "EST", "CET", "Etc/GMT+1", "posix/Europe/Lisbon",
     "right/UTC", "Europe", "Europe/", "../zones", "/etc/localtime", "Mars/Base", " ", "+01:00"],
)  # fmt: skip
def test_what_is_no_place_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(ValidationError, match="Use the IANA time zone of a place"):
        validation.time_zone(name)


@pytest.mark.parametrize("name", ["europe/lisbon", " Europe/Lisbon", "EUROPE/LISBON"])
def test_a_place_spelled_otherwise_is_named_as_iana_does(name: str) -> None:
    with pytest.raises(ValidationError, match=r"IANA spells this time zone Europe/Lisbon\."):
        validation.time_zone(name)


@pytest.mark.parametrize("name", ["localtime", "Mars/Base", "../zones", ""])
def test_an_unknown_stored_name_is_read_as_utc(name: str) -> None:
    zone = time_zones.zone(name)

    assert str(zone) == "UTC"
    assert datetime.combine(date(2026, 7, 14), time(12), zone).utcoffset() == timedelta(0)


def test_every_place_has_rules() -> None:
    moment = datetime(2026, 7, 14, 12, tzinfo=UTC)
    places = [name for name in time_zones.known_names() if time_zones.is_place(name)]

    assert len(places) > 500
    for name in places:
        assert moment.astimezone(time_zones.zone(name)) == moment
