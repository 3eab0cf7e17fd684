"""Staff see the letter with a note of the supplier as they type it, before anything is saved."""

from typing import Any

import pytest

from core_site.messages.models import HouseNote
from tests.admin.staff import logged_in, open_shop, text_of
from tests.harness.data import Shop

NOTES = "/admin/guest_messages/housenote/"
NEW = NOTES + "preview-typed/"

TYPED: dict[str, Any] = {"kind": "", "language": "en", "product": "", "above": "", "below": "Ahoy!"}


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def saved(shop: Shop) -> HouseNote:
    """A note on the kayak's reminders in German, beside one on all letters."""
    HouseNote.objects.create(language="de", above="Für alle Gäste")
    return HouseNote.objects.create(
        language="de", kind="REMINDER", product=shop.kayak, below="Wie gespeichert"
    )


def test_a_new_note_stands_in_the_letter_and_is_not_saved(shop: Shop) -> None:
    rosa = logged_in()
    form = rosa.get(NOTES + "add/").content.decode()
    assert f'formaction="{NEW}"' in form
    assert 'form="housenote_form"' in form

    letter = text_of(rosa.post(NEW, TYPED | {"above": "<b>Bring</b> a hat"}))

    for part in ("All messages in English", "<b>Bring</b> a hat", "Ahoy!", "Clara Duarte"):
        assert part in letter, part
    assert not HouseNote.objects.exists()


def test_a_saved_note_is_shown_as_it_is_typed_among_the_others(saved: HouseNote) -> None:
    typed = TYPED | {"kind": "REMINDER", "language": "de", "product": str(saved.product_id)}

    letter = text_of(
        logged_in().post(f"{NOTES}{saved.pk}/preview-typed/", typed | {"below": "Getippt"})
    )

    assert letter.index("Für alle Gäste") < letter.index("Getippt")
    assert "Wie gespeichert" not in letter
    saved.refresh_from_db()
    assert saved.below == "Wie gespeichert"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"below": ""}, "Write something above or below the facts."),
        ({"language": ""}, "Language: This field is required."),
        ({"product": "999999"}, "Product: Select a valid choice."),
        ({"language": "de"}, "There is a note for this message, language and product already"),
    ],
)
def test_what_could_not_be_saved_is_named(
    saved: HouseNote, typed: dict[str, str], said: str
) -> None:
    page = logged_in().post(NEW, TYPED | typed)

    assert page.status_code == 400
    assert said in text_of(page)


def test_only_staff_who_may_save_the_note_preview_it(saved: HouseNote) -> None:
    own = f"{NOTES}{saved.pk}/preview-typed/"
    reader = logged_in("guest_messages.view_housenote")
    editor = logged_in(
        "guest_messages.view_housenote", "guest_messages.change_housenote", username="ana"
    )

    assert "/preview-typed/" not in reader.get(f"{NOTES}{saved.pk}/change/").content.decode()
    assert reader.post(own, TYPED).status_code == reader.post(NEW, TYPED).status_code == 403
    assert editor.post(NEW, TYPED).status_code == 403
    assert "Ahoy!" in text_of(editor.post(own, TYPED))
    assert editor.get(own)["Location"] == f"{NOTES}{saved.pk}/change/"
    assert editor.post(f"{NOTES}999/preview-typed/", TYPED).status_code == 302
