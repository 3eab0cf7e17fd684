"""Whose data a service may touch is one required, typed value, which cannot be swapped or left out.

mypy reads copies of real modules in which the identity of each call was changed, in one run. Three
more tests close the ways around the types: a service without ``access``, an ``Access`` put together
anywhere, and a call that hands over its arguments as ``**mapping``, whose types mypy does not know.
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pkgutil import iter_modules

import pytest

import shared_domain
from shared_domain.partners import Access
from tests.harness.databases import ROOT
from tests.harness.mypy_cache import copy_mypy_cache

#: Module, a call as it stands there, and the same call with a wrong identity or none.
MUTATIONS = {
    "no identity": (
        "api_edge/octo/products.py",
        "catalog.list_products(access=caller.access, store=store)",
        "catalog.list_products(store=store)",
    ),
    "the caller instead of its access": (
        "api_edge/octo/products.py",
        "catalog.get_product(id, access=caller.access,",
        "catalog.get_product(id, access=caller,",
    ),
    "the key's own mode": (
        "api_edge/octo/bookings.py",
        "bookings.get_booking(uuid, access=caller.access,",
        "bookings.get_booking(uuid, access=caller.is_test,",
    ),
    "the partner, live or test": (
        "api_edge/octo/bookings.py",
        "to_domain.booking_filter(filters), access=caller.access,",
        "to_domain.booking_filter(filters), access=caller.partner_id,",
    ),
    "the booking's id and the identity swapped": (
        "api_edge/octo/bookings.py",
        "uuid, to_domain.confirmation(confirmation), access=caller.access,",
        "caller.access, to_domain.confirmation(confirmation), access=uuid,",
    ),
    "the identity by its position": (
        "api_edge/octo/bookings.py",
        "bookings.reserve_booking(wanted, access=caller.access,",
        "bookings.reserve_booking(wanted, caller.access,",
    ),
    "what was known before as tests_only": (
        "api_edge/v1/users.py",
        "access=caller.access, cursor=parameters.cursor,",
        "access=caller.access, tests_only=caller.is_test, cursor=parameters.cursor,",
    ),
    "another kind of id": (
        "api_edge/v1/users.py",
        "users.get_user(users.parse_user_id(id), access=caller.access,",
        "users.get_user(caller.api_key_id, access=caller.access,",
    ),
    "an identity with the key for the partner": (
        "shared_domain/partners/model.py",
        "return Access(partner_id=self.partner_id, test_mode=self.test_mode)",
        "return Access(partner_id=self.api_key_id, test_mode=self.test_mode)",
    ),
    "an identity without its mode": (
        "shared_domain/users/model.py",
        "return Access(partner_id=self.partner_id, test_mode=self.test_mode)",
        "return Access(partner_id=self.partner_id)",
    ),
    "an identity whose parts are swapped": (
        "shared_domain/bookings/model.py",
        "return Access(partner_id=self.partner_id, test_mode=self.test_mode)",
        "return Access(partner_id=self.test_mode, test_mode=self.partner_id)",
    ),
    "a store that is given the id for the identity": (
        "shared_domain/users/services.py",
        "user = await store.get_locked(user_id, access)",
        "user = await store.get_locked(access, user_id)",
    ),
    "a booking's id for the partner's": (
        "shared_domain/statements/services.py",
        "await store.line(access.partner_id, uuid)",
        "await store.line(uuid, access.partner_id)",
    ),
    "the caller instead of its access, at Django's door": (
        "core_site/partner_api/statements.py",
        "wanted, access=self.caller.access,",
        "wanted, access=self.caller,",
    ),
    "no identity behind a button": (
        "core_site/bookings/admin_actions.py",
        "subject.row.uuid,\n                    access=subject.row.access,",
        "subject.row.uuid,",
    ),
    "staff's row instead of its access": (
        "core_site/bookings/statement_line.py",
        "access=booking.access,",
        "access=booking,",
    ),
}

#: Features whose services act for no partner, with the reason.
NO_PARTNERS = {
    "disruptions": "staff empty departures, whose guests are of every partner",
    "manifest": "a manifest holds the guests of every partner",
    "persons": "a person asks the supplier, whichever partners sold to them",
    "resources": "guides and boats belong to the supplier",
    "rollout": "endpoints serve every partner",
    "sales_rollup": "the sums of all partners are kept and compared",
    "search": "staff look for bookings of every partner",
    "settlements": "the office looks at the sales of every partner",
}

#: Other services that act for no partner, with the reason.
FOR_NO_PARTNER = {
    "availability": {
        "add_blackout": "departures belong to the supplier",
        "follow_place": "departures belong to the supplier",
        "lift_blackout": "departures belong to the supplier",
        "preview_blackout": "departures belong to the supplier",
        "generate_departures": "departures belong to the supplier",
        "needs_generation": "departures belong to the supplier",
        "preview_departures": "departures belong to the supplier",
        "release_departure": "departures belong to the supplier",
        "set_departure_capacity": "departures belong to the supplier",
        "set_departure_open": "departures belong to the supplier",
    },
    "bookings": {
        "departures_with_expired_holds": "the worker goes through all departures",
        "release_expired_holds": "the worker releases the holds of all partners",
        "due_move_notices": "the worker sends what is due to all guests",
        "lock_move_notice": "it returns the access of the notice's own booking",
        "queue_move_notice": "the booking is locked, and was found by its own access",
        "settle_move_notice": "the booking is locked, and was found by its own access",
    },
    "catalog": {"get_supplier": "there is one supplier"},
    "events": {
        "give_positions": "the sequencer numbers the events of all partners",
        "read_log_range": "how far the log of all partners reaches; it holds no event",
    },
    "idempotency": {
        "begin_call": "the call carries the API key that made it",
        "store_answer": "the call carries the API key that made it",
    },
    "messages": {
        "due_messages": "the worker sends what is due to all guests",
        "lock_message": "it returns the access of the message's own booking",
        "queue_departure_note": "a departure has guests of every partner",
        "queue_message": "the booking is locked, and was found by its own access",
        "queue_reminders": "the worker reminds the guests of every partner",
        "record_attempt": "the worker records what came of any guest's message",
        "settle_stale_attempts": "the worker settles the messages of all guests",
    },
    "partners": {
        "authenticate": "it finds the identity of the caller",
        "issue_key": "staff give a key to the partner that they name",
        "limit_rate": "staff change a key that they name",
        "revoke_key": "staff change a key that they name",
        "rotate_key": "staff change a key that they name",
    },
    "payments": {"balances": "a manifest holds the guests of every partner"},
    "statements": {"partner_totals": "the office bills every partner"},
    "weather": {"purge_forecasts": "a forecast is of a place, and of no partner"},
}

#: Where an ``Access`` is made; everything else passes on the one that it was given.
MAKES_ACCESS = {
    "core_site/bookings/models.py": "of a booking's row",
    "core_site/demo/bookings.py": "demo data",
    "core_site/partners/models.py": "of the partner whom a staff user acts for",
    "shared_domain/bookings/model.py": "of a booking",
    "shared_domain/bookings/move_notices/sql_store.py": "of a booking's row",
    "shared_domain/events/model.py": "of an event's row",
    "shared_domain/manifest/sql_store.py": "of a booking's row",
    "shared_domain/disruptions/sql_store.py": "of a booking's row",
    "shared_domain/messages/sql_store.py": "of a booking's row",
    "shared_domain/notifications/model.py": "of a subscription",
    "shared_domain/partners/model.py": "of a caller",
    "shared_domain/users/model.py": "of a user",
    "shared_domain/webhooks/model.py": "of a webhook endpoint",
}


def sources() -> Iterator[tuple[str, str]]:
    for half in ("api_edge", "core_site", "shared_domain"):
        for path in sorted((ROOT / half).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


#: Every feature of the domain: a package of ``shared_domain``.
FEATURES = sorted(module.name for module in iter_modules(shared_domain.__path__) if module.ispkg)


def coroutines(feature: str) -> dict[str, Callable[..., object]]:
    """Return a feature's services by their names, those that yield rows one by one included."""
    module = importlib.import_module(f"shared_domain.{feature}")
    public = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    return {
        name: value
        for name, value in public.items()
        if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value)
    }


def has_typed_identity(service: Callable[..., object]) -> bool:
    """Return whether a service can only be called with an ``Access``, by keyword."""
    access = inspect.signature(service).parameters.get("access")
    return (
        access is not None
        and access.annotation is Access
        and access.kind is access.KEYWORD_ONLY
        and access.default is access.empty
    )


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """mypy's errors by the mutation whose lines they are on."""
    folder = tmp_path_factory.mktemp("mutated")
    mutated: dict[str, str] = {}
    for module, call, wrong in MUTATIONS.values():
        text = mutated.get(module) or (ROOT / module).read_text(encoding="utf-8")
        assert text.count(call) == 1, f"{module} does not hold this call once: {call}"
        mutated[module] = text.replace(call, wrong)
    shadows = []
    for number, (module, text) in enumerate(mutated.items()):
        copy = folder / f"{number}.py"
        # mypy takes a file of the same size, with the original's date, for what it knows already.
        copy.write_text(f"{text}#{'-' * 1_000}\n", encoding="utf-8")
        shadows += ["--shadow-file", module, str(copy)]
    output = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--no-error-summary",
            "--cache-dir", str(copy_mypy_cache(folder)),
            *shadows, *mutated,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    found: dict[str, list[str]] = {}
    for name, (module, _, wrong) in MUTATIONS.items():
        before = mutated[module][: mutated[module].index(wrong)]
        first = before.count("\n") + 1
        # A call that spans several lines is reported on its first one.
        lines = range(first - 4, first + wrong.count("\n") + 1)
        reported = re.findall(rf"^{re.escape(module)}:(\d+): error: (.*)$", output, re.MULTILINE)
        found[name] = [message for line, message in reported if int(line) in lines]
    return found


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_wrong_identity_does_not_pass_mypy(mutation: str, errors: dict[str, list[str]]) -> None:
    blamed = ("access", "Access", "argument", "Argument", "positional")

    assert any(word in message for message in errors[mutation] for word in blamed), errors


@pytest.mark.parametrize("feature", [name for name in FEATURES if name not in NO_PARTNERS])
def test_every_service_requires_an_access(feature: str) -> None:
    without = {name for name, each in coroutines(feature).items() if not has_typed_identity(each)}

    assert without == set(FOR_NO_PARTNER.get(feature, {}))


def test_features_without_partners_are_features() -> None:
    assert set(NO_PARTNERS) | set(FOR_NO_PARTNER) <= set(FEATURES)
    assert all(coroutines(feature) for feature in NO_PARTNERS)


def test_an_access_is_made_of_one_row_or_of_one_caller() -> None:
    makers = {
        module
        for module, source in sources()
        if "Access(" in source
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Access"
    }

    assert makers == MAKES_ACCESS.keys()


def test_no_identity_hides_in_a_mapping() -> None:
    services = {
        name
        for feature in FEATURES
        for name, each in coroutines(feature).items()
        if has_typed_identity(each)
    }
    hidden = [
        f"{module}:{node.lineno}"
        for module, source in sources()
        # A module without a mapping in a call need not be parsed.
        if "**" in source
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in services
        and any(keyword.arg is None for keyword in node.keywords)
    ]

    assert hidden == []
