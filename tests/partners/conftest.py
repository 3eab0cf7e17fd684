"""A partner, and the two ways in which services reach the same tables.

Pytest reads this file before the settings exist, so models are asked of Django, not imported.
"""

from typing import TYPE_CHECKING

import pytest
from django.apps import apps

from shared_domain.partners import PartnerId
from tests.harness.services import Keys, on_async_psycopg, on_djangos_connection

if TYPE_CHECKING:
    from core_site.partners.models import Partner


@pytest.fixture(params=[on_djangos_connection, on_async_psycopg], ids=["django", "psycopg"])
def keys(request: pytest.FixtureRequest, transactional_db: None) -> Keys:
    """The services on both databases, one after the other."""
    return Keys(request.param)


@pytest.fixture
def partner(transactional_db: None) -> "Partner":
    model = apps.get_model("partners", "Partner")
    return model.objects.create(code="alpine", name="Alpine Tickets", email="it@alpine.example")


@pytest.fixture
def partner_id(partner: "Partner") -> PartnerId:
    return PartnerId(partner.pk)
