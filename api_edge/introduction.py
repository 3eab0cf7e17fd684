"""The text with which the OpenAPI document begins, in Markdown."""

from api_edge.idempotency.header import NAME

INTRODUCTION = f"""\
Sell tours and activities: find what is free, hold places, confirm the booking.

`/octo` follows the [OCTO](https://docs.octo.travel) standard: core, pricing, notifications.
`/v1` has what OCTO lacks: your users, a feed of events, webhooks, an export of your bookings,
statements, weather. [What has changed](docs/changelog) lists every change of either.

## Your first booking

1. `GET /octo/products`: choose a product, an option and a unit by their `id`.
2. `POST /octo/availability` with `productId`, `optionId` and `localDate`: choose a slot that is
   `available`, by its `id`.
3. `POST /octo/bookings` with `productId`, `optionId`, `availabilityId` and `unitItems`: the places
   are held until `utcExpiresAt`. Choose the booking's `uuid` yourself, and the request can be
   repeated.
4. `POST /octo/bookings/{{uuid}}/confirm` with `contact`: the booking is sold, and has its tickets.

The header `Octo-Capabilities: octo/pricing` adds prices to every response.

## Keys and test mode

Send your API key with every request: `Authorization: Bearer pk_live_…`. A key that begins with
`pk_test_`, or a live key with `Octo-Env: test`, works in test mode: it makes, reads and changes
test bookings and test users only, which live requests never see. A test booking admits no guest
and is not billed, and its e-mails are sent only to addresses that you have had us list. A slot has
its whole capacity in test mode, less your own running test bookings, whatever is sold live.

## Errors

In `/octo` every success is HTTP 200, and an error is `{{"error": …, "errorMessage": …}}`. In `/v1`
an error is a problem of RFC 9457. Both name the field at fault and what would be right. Requests
to `/v1` are strict: unknown fields and parameters are refused, and `"30"` is not 30.

Every response has an `X-Request-Id`. Please quote it when you write to us about a request.

## Time-outs and retries

- No response, or 503: send the same request again, after `Retry-After` if there is one. A hold
  with your own `uuid`, and every request with an `{NAME}`, has its effect once.
- The message of a 503 says whether nothing was done, or whether the request may be carried out.
- 429: your calls come too fast; wait for `Retry-After`.

## Statements

`GET /v1/statements` lists what you owe by month of travel and currency, and
`GET /v1/statements/2026-07` the bookings of one month: as JSON, or as CSV with `?format=csv` or
`Accept: text/csv`. Amounts are in the currency's minor unit. A key needs `bookings:read`; tests
owe nothing. Their schemas are not in this document yet.

## Contact data

It is stored in one normal form, which responses show: no blanks around a text, names and
references on one line, e-mail domains in small letters, telephone numbers as E.164 where they can
be read, `pt` as `PT` and `en_GB` as `en-GB`. A blank text counts as null; control characters are
refused. E-mails to guests are limited for each booking and for each partner and day; those beyond
the limit are sent later.
"""
