"""The look of pages outside the admin: style and icon, which need no file and no database.

Both halves show such pages in place of an answer, also while the other half or PostgreSQL is down.
"""

from html import escape
from urllib.parse import quote

#: The icon of Portico, an arch, as SVG.
ICON_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#7c3aed"/>'
    '<path d="M7 25V15a9 9 0 0 1 18 0v10h-4V15a5 5 0 0 0-10 0v10z" fill="#fff"/></svg>'
)

ICON_DATA_URI = f"data:image/svg+xml,{quote(ICON_SVG)}"

#: CSS of a page with one column of text, light or dark as the visitor's system is.
STYLE = """\
:root { color-scheme: light dark; --page: #fff; --text: #1f2937; --quiet: #4b5563; --line: #e5e7eb;
        --accent: #6d28d9; --raised: #f9fafb }
@media (prefers-color-scheme: dark) {
  :root { --page: #111827; --text: #f3f4f6; --quiet: #d1d5db; --line: #374151; --accent: #c4b5fd;
          --raised: #1f2937 } }
* { box-sizing: border-box }
body { background: var(--page); color: var(--text); font: 1rem/1.6 system-ui, sans-serif; margin: 0;
       overflow-wrap: break-word }
main { margin: 12vh auto 4rem; max-width: 38rem; padding: 0 1.25rem }
.brand { align-items: center; color: inherit; display: flex; font-weight: 600; gap: .6rem;
         margin-bottom: 2rem; text-decoration: none }
.brand img { height: 2rem; width: 2rem }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 1rem }
a { color: var(--accent) }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
code { font-size: .9em }
.quiet { color: var(--quiet); font-size: .9rem }
"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} | Portico</title>
<link rel="icon" href="{icon}">
<style>{style}</style>
</head>
<body>
<main>
<a class="brand" href="/"><img src="{icon}" alt="">Portico</a>
<h1>{title}</h1>
<p>{message}</p>
{advice}<p class="quiet">Request <code>{request_id}</code></p>
</main>
</body>
</html>
"""


#: A link to the page's own address sends a GET, so no form is sent a second time.
_TRY_AGAIN = """\
<p><a href="">Load this page again</a> in a moment.</p>
"""


def render_plain_page(
    title: str, message: str, request_id: str, *, is_temporary: bool = False
) -> str:
    """Return the HTML of a page with a message and the id of its request; all is text.

    A temporary error says how to try again.
    """
    return _PAGE.format(
        title=escape(title),
        message=escape(message),
        advice=_TRY_AGAIN if is_temporary else "",
        request_id=escape(request_id),
        icon=ICON_DATA_URI,
        style=STYLE,
    )
