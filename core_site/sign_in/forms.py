"""The throttled forms that check a password: to sign in, and to change one's own password."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from core_site.admin_kit.viewer_zone import format_instant
from core_site.sign_in import throttling
from core_site.sign_in.backends import TooManyAtOnce, password_check
from core_site.sign_in.throttling import SignInAttempt, TooManyAttempts


class SignInForm(AuthenticationForm):
    """The sign-in form, which also shows the reason if a password was not checked."""

    def get_invalid_login_error(self) -> ValidationError:
        refusal = getattr(self.request, "sign_in_refusal", None)
        return super().get_invalid_login_error() if refusal is None else in_words(refusal)


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """The form that changes a password; it throttles guesses of the old one, as a sign-in does.

    A session may have been taken over by another person, who could try passwords here.
    """

    def __init__(self, *arguments: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.request = request

    def clean_old_password(self) -> str:
        attempt = SignInAttempt.of(self.request, self.user.get_username())
        try:
            with password_check(attempt):
                password: str = super().clean_old_password()
        except (TooManyAttempts, TooManyAtOnce) as refusal:
            raise in_words(refusal) from refusal
        except ValidationError:
            throttling.record_failure(attempt)
            raise
        throttling.record_success(attempt)
        return password


def in_words(refusal: TooManyAttempts | TooManyAtOnce) -> ValidationError:
    """Return the form error for a password that was not checked."""
    if isinstance(refusal, TooManyAttempts):
        until = format_instant(refusal.until, "%H:%M")
        return ValidationError(
            f"Too many attempts to sign in. Please try again after {until}, "
            "or ask an administrator to allow it earlier.",
            code="too_many_attempts",
        )
    return ValidationError(
        "Many people are signing in just now, and your password was not checked. "
        "Please try again in a moment.",
        code="too_many_at_once",
    )
