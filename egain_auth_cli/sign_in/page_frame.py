"""What every page of `egain` is made of, the listener's and the sandbox's: one style, one frame, one policy."""

from __future__ import annotations

import base64
import hashlib
from enum import StrEnum
from html import escape

# Text has a contrast of 4.5 at least in both schemes, and what is pressed is 44 pixels high (WCAG 2.2: 1.4.3, 2.5.5).
_STYLE = """
:root {
  color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif;
  --ground: #eef0f3; --paper: #fff; --ink: #1b1f24; --soft: #4b5563; --line: #767f8b; --rule: #d5dae0;
  --accent: #0b57d0; --on-accent: #fff; --good: #1a7f37; --bad: #b3261e; --field: #f3f5f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1216; --paper: #1a1f26; --ink: #e6e9ed; --soft: #aeb6c1; --line: #7d8794; --rule: #343c47;
    --accent: #8ab4f8; --on-accent: #0b1a33; --good: #6fdc8c; --bad: #ff9a90; --field: #252c35;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 1rem; display: flex; flex-direction: column; align-items: center;
  justify-content: center; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
}
main {
  width: min(30rem, 100%); padding: 1.75rem; border-top: .25rem solid var(--accent); border-radius: .5rem;
  background: var(--paper);
}
main.wide { width: min(60rem, 100%); }
main.good { border-color: var(--good); }
main.bad { border-color: var(--bad); }
main > :last-child { margin-bottom: 0; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; display: flex; gap: .6rem; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
ul, ol { margin: 0 0 1rem; padding-left: 1.25rem; }
a { color: var(--accent); }
code { padding: .1em .3em; border-radius: .25rem; background: var(--field); font: .9em/1.4 ui-monospace, monospace; }
svg {
  flex: none; width: 1.25em; height: 1.25em; fill: none; stroke: currentcolor; stroke-width: 2.5;
  stroke-linecap: round; stroke-linejoin: round;
}
.good svg { color: var(--good); }
.bad svg { color: var(--bad); }
footer { width: min(30rem, 100%); padding: 1rem 1.75rem; color: var(--soft); font-size: .875rem; }
.wide + footer { width: min(60rem, 100%); }
label { display: block; margin-top: 1rem; font-weight: 600; }
input, button {
  min-height: 44px; border: 1px solid var(--line); border-radius: .375rem; background: var(--paper);
  color: inherit; font: inherit;
}
input { width: 100%; margin-top: .25rem; padding: .5rem .75rem; }
button { flex: 1 1 10rem; padding: .5rem 1.25rem; font-weight: 600; cursor: pointer; }
button.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
.message { padding: .75rem 1rem; border-left: .25rem solid var(--bad); background: var(--field); }
.note { margin-top: .25rem; color: var(--soft); font-size: .875rem; }
.requests { padding: 0; list-style: none; }
.requests > li { padding: 1rem 0; border-top: 1px solid var(--rule); }
.requests h2 { margin: 0 0 .25rem; }
.requests p { margin: 0 0 .5rem; }
dl {
  display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .125rem .75rem; margin: 0; font-size: .875rem;
}
dt { color: var(--soft); }
dd { margin: 0; }
dd.good { color: var(--good); }
dd.bad { color: var(--bad); }
@media (max-width: 40rem) { main, footer { padding-left: 1.25rem; padding-right: 1.25rem; } }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
_GOOD = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 12.5l5.5 5.5L20 6.5"/></svg>'
_BAD = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 4v10M12 19v.5"/></svg>'


class Mark(StrEnum):
    """What a page is about, for the eye; its words say the same."""

    PLAIN = ""
    GOOD = "good"
    BAD = "bad"


_DRAWN = {Mark.PLAIN: "", Mark.GOOD: _GOOD, Mark.BAD: _BAD}


def document(
    content: str,
    *,
    heading: str,
    title: str,
    footer: str,
    mark: Mark = Mark.PLAIN,
    wide: bool = False,
    refresh: int = 0,
) -> str:
    """Return a whole page.

    Args:
        content: HTML, below the heading.
        heading: Text.
        title: Text for the window.
        footer: HTML, below it all.
        mark: What it is about.
        wide: Whether it is a list, which takes the room that there is.
        refresh: Seconds after which the browser asks again; 0 for never.
    """
    again = f'<meta http-equiv="refresh" content="{refresh}">\n' if refresh else ""
    classes = " ".join(filter(None, (mark.value, "wide" if wide else "")))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n{again}'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<main class="{classes}">\n<h1>{_DRAWN[mark]}<span>{escape(heading)}</span></h1>\n{content}\n</main>\n'
        f"<footer>{footer}</footer>\n</body>\n</html>\n"
    )


def security_policy(*, form_action: str = "'none'") -> str:
    """Return the `Content-Security-Policy` of a page: nothing but its own style, and what its form may reach."""
    return (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; "
        f"form-action {form_action}"
    )
