"""Triggers that increment a product's revision on any change of it or of anything in it."""

import pgtrigger


def bumps_revision(of_product: str) -> pgtrigger.Trigger:
    """Return the trigger for a table; ``of_product`` is SQL for the id of its row's product."""
    return pgtrigger.Trigger(
        name="bump_product_revision",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("changed", "RECORD")],
        func=f"""
            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
            UPDATE catalog_product SET revision = revision + 1 WHERE id = ({of_product});
            RETURN NULL;
        """,
    )


def bumps_revision_of_option() -> pgtrigger.Trigger:
    """Return the trigger for a table whose rows belong to an option."""
    return bumps_revision(
        "SELECT product_id FROM catalog_option WHERE catalog_option.id = changed.option_id"
    )
