"""Validate all check constraints of a row in one query.

Django asks the database about each check constraint of each row of a form, in a savepoint of its
own: a page with 40 rows of 5 constraints sends 600 statements before it saves anything.
"""

from collections.abc import Collection
from contextlib import nullcontext
from functools import reduce
from operator import and_

from django.core.exceptions import FieldError, ValidationError
from django.db import DatabaseError, models, router, transaction
from django.db.models import BooleanField, CheckConstraint, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.sql import Query
from django.db.models.sql.constants import SINGLE


class ValidatesChecksTogether(models.Model):
    """Validates all check constraints of a row in one query.

    If a constraint is violated, Django's own queries follow, which give the message of each.
    """

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        if not self._holds_all_constraints(exclude):
            super().validate_constraints(exclude)

    def _holds_all_constraints(self, exclude: Collection[str] | None) -> bool:
        using = router.db_for_write(type(self), instance=self)
        checks = []
        for constraint in self._meta.constraints:
            if isinstance(constraint, CheckConstraint):
                checks.append(constraint)
                continue
            try:
                constraint.validate(type(self), self, exclude=exclude, using=using)  # type: ignore[arg-type]
            except ValidationError:
                return False
        return self._holds_together(checks, exclude, using)

    def _holds_together(
        self, checks: list[CheckConstraint], exclude: Collection[str] | None, using: str
    ) -> bool:
        values = self._get_field_expression_map(meta=self._meta, exclude=exclude)  # type: ignore[attr-defined]
        # As Django does: what compares an excluded field is not validated.
        conditions = [
            Q(check.condition)
            for check in checks
            if {
                reference[0]
                for reference in self._get_expr_references(check.condition)  # type: ignore[attr-defined]
            }
            <= values.keys()
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
