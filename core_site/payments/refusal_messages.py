"""The messages of refused payments for staff; ``staff_messages`` has those of all refusals."""

from shared_domain import payments, settlements
from shared_domain.money import amount_text
from shared_domain.quantities import format_quantity


def payment_message(
    refusal: payments.PaymentRefused | settlements.SettlementRefused,
) -> tuple[str, str | None]:
    """Return a sentence without its full stop, and the field of a form that it belongs to.

    Raises:
        LookupError: the refusal's class has no message.
    """
    match refusal:
        case payments.AmountOutOfRange(highest_minor, currency) | (
            settlements.PartnerAmountOutOfRange(highest_minor, currency)
        ):
            return (
                f"The amount must be above zero and at most {amount_text(highest_minor, currency)}",
                "amount",
            )
        case payments.TestsTakeNoPayment():
            return ("This is a test booking, and takes no payments", None)
        case payments.TooManyEntries(limit):
            has = format_quantity(limit, "payment")
            return (f"This booking has {has} already, the most it can have", None)
        case payments.RefundAboveReceived(0, _):
            return ("There is nothing to refund: no money of this guest is left here", None)
        case payments.RefundAboveReceived(held_minor, currency):
            return (
                f"At most {amount_text(held_minor, currency)} can be refunded: so much of the "
                "guest's money is left here",
                "amount",
            )
        case payments.NothingDue():
            return ("There is nothing to write off: this guest owes nothing", None)
        case payments.WriteOffAboveDue(due_minor, currency):
            return (
                f"At most {amount_text(due_minor, currency)} can be written off: so much is still "
                "due",
                "amount",
            )
        case payments.EntryNotFound():
            return ("This booking has no such payment; reload its page", None)
        case payments.EntryReversed():
            return ("This payment was reversed before", None)
        case payments.ReversalNotReversible():
            return ("This is a reversal itself; record the payment again instead", None)
        case payments.ReversalLeavesRefund(refunded_minor, currency):
            return (
                f"{amount_text(refunded_minor, currency)} of it was refunded since; reverse that "
                "refund first",
                None,
            )
        case settlements.ReturnAboveReceived(held_minor, currency):
            return (
                f"At most {amount_text(held_minor, currency)} can be returned: so much has the "
                "partner paid for this month",
                "amount",
            )
        case settlements.TooManyPartnerPayments(limit):
            has = format_quantity(limit, "payment")
            return (f"This statement has {has} already, the most it can have", None)
    raise LookupError(f"no words for staff about {type(refusal).__name__}")
