"""Telephone numbers in templates."""

from django import template

from shared_domain import contact_data

register = template.Library()

register.filter("telephone_url", contact_data.build_telephone_url)
