"""Validate all check constraints of a row in one query.

Django asks the database about each check constraint of each row of a form, in a savepoint of its
own: a page with 40 rows of 5 constraints sends 600 statements before it saves anything.
"""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from functools import reduce
from operator import and_

from django.core.exceptions import FieldError
from django.db import DatabaseError, models, router, transaction
from django.db.models import BaseConstraint, BooleanField, CheckConstraint, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.sql import Query
from django.db.models.sql.constants import SINGLE


class ValidatesChecksTogether(models.Model):
    """Validates all check constraints of a row in one query.

    If a constraint is violated, Django's own queries follow, which give the message of each.
    """

    #: Whether all checks are known to hold, so that Django need not validate them.
    _checks_hold = False

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        self._checks_hold = self._hold_together(exclude)
        try:
            super().validate_constraints(exclude)
        finally:
            self._checks_hold = False

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[BaseConstraint]]]:
        """Return the constraints that Django validates one by one."""
        found = super().get_constraints()
        if not self._checks_hold:
            return found
        return [
            (model, [one for one in constraints if not isinstance(one, CheckConstraint)])
            for model, constraints in found
        ]

    def _hold_together(self, exclude: Collection[str] | None) -> bool:
        """Return whether all checks hold, by one query; False as well where it cannot be asked.

        It does for all of them what ``Q.check`` does for one, with Django's own values of the
        fields. ``Q.check`` itself cannot be used: it says True where the query fails.
        """
        using = router.db_for_write(type(self), instance=self)
        values = self._get_field_expression_map(meta=self._meta, exclude=exclude)  # type: ignore[attr-defined]
        conditions = [
            Q(check.condition)
            for check in self._meta.constraints
            if isinstance(check, CheckConstraint)
        ]
        # As Django does: what compares an excluded field is not validated.
        conditions = [
            condition
            for condition in conditions
            if condition.referenced_base_fields <= values.keys()
        ]
        if not conditions:
            return True
        query = Query(None)
        for name, value in values.items():
            query.add_annotation(value, name, select=False)
        query.add_annotation(Value(1), "_check")
        try:
            # As in a constraint of the table, a comparison with NULL is no violation.
            every = Coalesce(reduce(and_, conditions), True, output_field=BooleanField())
            query.add_q(Q(every))
            in_savepoint = transaction.get_connection(using).in_atomic_block
            with transaction.atomic(using) if in_savepoint else nullcontext():
                return query.get_compiler(using=using).execute_sql(SINGLE) is not None
        except (FieldError, DatabaseError):
            # Django finds out which of them cannot be answered, and logs it.
            return False
