"""The worker's job for personal data: erase the guests of deleted users' bookings."""

from procrastinate.contrib.django import app

from core_site.persons.owed_erasures import erase_owed


@app.periodic(cron="41 * * * *")
@app.task(queueing_lock="erase_guests_of_deleted_users")
def erase_guests_of_deleted_users(timestamp: int | None = None) -> None:
    """Erase the guest from each booking of a deleted user on which no guest travels any more."""
    erase_owed()
