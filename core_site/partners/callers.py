"""Partners as callers in the rollout: identified by their id, shown by their code."""

from collections.abc import Iterable, Mapping

from core_site.partners.models import Partner
from shared_domain.rollout import CallerName


class PartnersByCode:
    """The ``core_site.rollout.callers.CallerDirectory`` of partners, by their code."""

    def find(self, text: str) -> CallerName | None:
        partner_id = Partner.objects.filter(code=text).values_list("pk", flat=True).first()
        return None if partner_id is None else CallerName(str(partner_id))

    def labels(self, names: Iterable[CallerName]) -> Mapping[CallerName, str]:
        ids = [int(name) for name in names if name.isdecimal()]
        found = Partner.objects.filter(pk__in=ids).values_list("pk", "code")
        return {CallerName(str(partner_id)): code for partner_id, code in found}
