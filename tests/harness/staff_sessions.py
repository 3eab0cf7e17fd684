"""The session of a staff user who has signed in: stored in one statement, and used in two tabs."""

import time

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils.crypto import get_random_string

from core_site.sign_in.sessions import KEY as BEGAN_AT


def begin_session(user: AbstractBaseUser) -> str:
    """Store what a sign-in leaves in a new session, and return its key: the value of the cookie.

    ``Client.force_login`` sends 13 statements, since a sign-in changes the key of a session that
    a visitor may have had; a third of the CPU of making a staff user who may do everything.
    """
    session = SessionStore(get_random_string(32, VALID_KEY_CHARS))
    row = session.create_model_instance(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            BEGAN_AT: int(time.time()),
        }
    )
    row.save(force_insert=True)
    return str(row.session_key)


def sign_in(client: Client, user: AbstractBaseUser) -> None:
    """Give a client the session of a user, without the page that asks for a password."""
    client.cookies[settings.SESSION_COOKIE_NAME] = begin_session(user)


def open_second_tab(client: Client) -> Client:
    """Return a client with the cookies of this one, for another thread: a client serves one."""
    tab = Client()
    tab.cookies.update(client.cookies)
    return tab
