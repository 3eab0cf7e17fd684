from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from core_site.sign_in.throttling import TooManyAttempts


class SignInForm(AuthenticationForm):
    """Says why a password was not checked at all; a wrong one is told as Django does."""

    def get_invalid_login_error(self) -> ValidationError:
        refusal = getattr(self.request, "sign_in_refusal", None)
        if refusal is None:
            return super().get_invalid_login_error()
        if isinstance(refusal, TooManyAttempts):
            return ValidationError(
                f"Too many attempts to sign in. Please try again after {refusal.until:%H:%M} UTC, "
                "or ask an administrator to allow it earlier.",
                code="too_many_attempts",
            )
        return ValidationError(
            "Many people are signing in just now, and your password was not checked. "
            "Please try again in a moment.",
            code="too_many_at_once",
        )
