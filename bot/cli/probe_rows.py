"""What `usher probe` prints: tables for people, rows for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.cli.output import Column, Row, show
from bot.cli.shell import say
from bot.connectors.chatgpt.report import AS_ASSUMED, CallRow, Fact, Report
from bot.connectors.chatgpt.shapes import Difference, Kind


def rows(report: Report) -> list[Row]:
    """One object for the whole, each kind of call, each difference, each word, each fact and each step."""
    return [
        {"id": "probe", "kind": "probe", "state": report.state, **report.about},
        *(_call(row) for row in report.calls),
        *(_difference(row, each) for row in report.calls for each in row.differences),
        *(
            {
                "id": f"{each.kind} {each.word}",
                "kind": "word",
                "state": "known" if each.known else "unknown",
                "word": each.word,
                "of": each.kind,
                "times": each.times,
            }
            for each in report.words
        ),
        *(_fact("fact", each) for each in report.facts),
        *(_fact("step", each) for each in report.steps),
        *(_fact("trouble", each) for each in report.troubles),
    ]


def _call(row: CallRow) -> Row:
    return {
        "id": f"{row.what}: {row.call}",
        "kind": "call",
        "state": row.state,
        "times": row.times,
        "statuses": row.statuses,
        "content_types": row.content_types,
        "milliseconds": row.milliseconds,
        "errors": row.errors,
        "codes": row.codes,
        "outline": row.outline,
        "limits": row.limits,
    }


def _difference(row: CallRow, each: Difference) -> Row:
    return {
        "id": f"{row.what}: {_field(each)}",
        "kind": "difference",
        "state": each.kind.value,
        "expected": each.expected,
        "came": each.came,
        "breaks": each.breaks,
    }


def _fact(kind: str, each: Fact) -> Row:
    return {"id": each.name, "kind": kind, "state": each.state, "detail": each.detail}


def _field(each: Difference) -> str:
    return f"{each.path}.{each.name}".strip(".") or "body"


# -- for people --------------------------------------------------------------------------------------------------------
def show_report(report: Report) -> None:
    """Prints it, narrow enough to be read and to be pasted."""
    about = report.about
    say(f"Usher {about['usher']}, transport {about['transport']}, via {about['via']}: {report.state}.")
    _part("Calls", [_call_cells(row) for row in report.calls], {"call": "call", "answer": "answer", "ms": "ms"})
    _part("What differs", list(_different(report)), {"where": "where", "what": "what"})
    changes = [
        {"call": row.call, "outline": row.outline or "nothing"} for row in report.calls if row.outline or row.codes
    ]
    _part("What came back from changes and failures", changes, {"call": "call", "outline": "fields and types"})
    _part(
        "Words",
        [{"word": each.word, "of": each.kind, "known": "yes" if each.known else "NO"} for each in report.words],
        {"word": "word", "of": "of", "known": "known"},
    )
    facts = [{"fact": each.name, "state": each.state, "detail": each.detail} for each in report.facts]
    _part("Found out", facts, {"fact": "fact", "state": "state", "detail": "detail"})
    steps = [{"step": each.name, "state": each.state, "detail": each.detail} for each in report.steps]
    _part("Steps", steps, {"step": "step", "state": "state", "detail": "detail"})


def _part(title: str, found: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> None:
    if found:
        say(f"\n{title}")
        show(found, [Column(key, heading) for key, heading in columns.items()], as_json=False, nothing="")


def _call_cells(row: CallRow) -> Mapping[str, object]:
    answers = [str(status) for status in row.statuses] or ["none"]
    odd = [each for each in row.content_types if each not in {"application/json", "application/scim+json"}]
    told = [*answers, *odd, *row.errors, *row.codes]
    slowest, fastest = row.milliseconds[-1], row.milliseconds[0]
    return {
        "call": row.call + (f" x{row.times}" if row.times > 1 else ""),
        "answer": " ".join(told) + ("" if row.state == AS_ASSUMED else f" ({row.state})"),
        "ms": str(fastest) if fastest == slowest else f"{fastest}-{slowest}",
    }


def _different(report: Report) -> Iterator[Mapping[str, object]]:
    for row in report.calls:
        for each in row.differences:
            yield {"where": f"{row.what}: {_field(each)}", "what": _in_words(each)}
    for trouble in report.troubles:
        yield {"where": trouble.name, "what": trouble.state}


def _in_words(each: Difference) -> str:
    match each.kind:
        case Kind.TYPE:
            words = f"{each.came} instead of {each.expected}"
        case Kind.NEW:
            words = f"new: {each.came}"
        case _:
            words = f"{each.kind.value} {each.came}"
    return f"{words}; Usher cannot work like this" if each.breaks else words
