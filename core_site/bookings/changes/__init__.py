"""Dialogs on a booking's page that change it: party, contact, slot, some tickets, the hold's end.

subject         the booking of a dialog, and which buttons its state allows
effects         the effects of a change: values before and after
review          dialogs that preview their effects, and again if these have changed meanwhile
change_form     party, contact, language, notes and the internal note
ticket_forms    which tickets to cancel, how long to extend, where to send the tickets
slots           the calendar and the slots that a booking can move to
actions         the buttons
"""
