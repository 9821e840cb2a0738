"""The pages, each put together once from its parts into one document that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from bot.access.wish import LONGEST_REASON
from bot.cards.words import MARKS, Mark, Phase

_PARTS: Final = Path(__file__).parent / "parts"
#: what both pages are made of; `facts.js` comes first and is made here
_SHARED: Final = ("dom.js", "host.js", "dates.js", "views.js")

#: how a phase looks. What waits is still moving: its page asks from time to time what has become of it
_TONES: Final[Mapping[Mark, str]] = {
    Mark.YOURS: "waits",
    Mark.MAIL: "waits",
    Mark.WAITS: "waits",
    Mark.GOOD: "good",
    Mark.TROUBLE: "bad",
    Mark.OVER: "over",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the component."""

    name: str
    title: str
    #: what the model is told that the person sees
    description: str
    html: str

    @property
    def uri(self) -> str:
        """Its address. Hosts keep a page by that, so it names the version: another page is another address."""
        version = hashlib.sha256(self.html.encode()).hexdigest()[:12]
        return f"ui://usher/{self.name}/{version}.html"


def _page(name: str, *, title: str, description: str) -> Page:
    style = _part("style.css") + _part(f"{name}.css")
    script = _facts() + "".join(map(_part, (*_SHARED, f"{name}.js")))
    html = Template(_part("page.html")).substitute(title=title, rules=_rules(style, script), style=style, script=script)
    return Page(name=name, title=title, description=description, html=html)


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _facts() -> str:
    """What the scripts know from Python, so that it stands in one place."""
    tones = {where: _TONES[MARKS[where]] for where in Phase}
    return f"const TONES = {json.dumps(tones)};\nconst LONGEST_REASON = {LONGEST_REASON};\n"


def _rules(style: str, script: str) -> str:
    """The Content-Security-Policy that the page brings along, for a host that sets none: just this script and style."""
    return (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


CATALOG: Final = _page(
    "catalog",
    title="Applications",
    description="Shows the applications as cards: what each is for, who answers for it, what the user has there, and a "
    "form to request it. Do not repeat the list; help the user to choose.",
)
REQUEST: Final = _page(
    "request",
    title="Request",
    description="Shows how far a request is, what comes next, and buttons for what the user can do about it. Do not "
    "repeat it; say in a sentence what the user should do now, if anything.",
)
_ADDRESS: Final = re.compile(r"ui://usher/(\w+)/\w+\.html")


def newest(uri: str) -> str:
    """The address of today's version, for a host that knows an earlier one. Any other address stays as it is."""
    found = _ADDRESS.fullmatch(uri)
    return next((page.uri for page in (CATALOG, REQUEST) if found and page.name == found[1]), uri)
