"""How tasks, cards, incidents and ledger lines name what they are about. One spelling, in one place."""

from __future__ import annotations

from storage import transaction


def request(request_id: str) -> str:
    return f"request:{request_id}"


def read_request(subject: str) -> str | None:
    """The request's id in such a subject; None for every other."""
    about, _, request_id = subject.partition(":")
    return request_id if about == "request" else None


def batch(batch_id: str) -> str:
    """A form that asked for several people at once."""
    return f"batch:{batch_id}"


def greeting(person_id: str, ts: str) -> str:
    """The answer to a message that somebody wrote to Usher outside every thread."""
    return f"greeting:{person_id}:{ts}"


def ballot(request_id: str, stage: int) -> str:
    """One stage of a request, as the button says it on which somebody votes."""
    return f"{request_id}/{stage}"


def read_ballot(text: str) -> tuple[str, int | None]:
    """The request and the stage; a stage that is no number is none."""
    request_id, _, stage = text.partition("/")
    return request_id, int(stage) if stage.isdecimal() else None


def status_slot(reader_id: str) -> str:
    """Which of a request's cards is the one on which somebody follows it."""
    return f"status:{reader_id}"


def approval_slot(approver_id: str) -> str:
    """Which of a request's cards is the one on which somebody decides it."""
    return f"approval:{approver_id}"


def grant(grant_id: str) -> str:
    return f"grant:{grant_id}"


def incident(incident_id: str) -> str:
    return f"incident:{incident_id}"


def step(step_id: str) -> str:
    return f"step:{step_id}"


def seat(grant_id: str) -> str:
    """The admins' card about a grant that waits for a free seat."""
    return f"seat:{grant_id}"


def person(person_id: str) -> str:
    return f"person:{person_id}"


def user_group(group_id: str) -> str:
    return f"group:{group_id}"


def leaver(application: str, person_id: str) -> str:
    """What somebody lost in an application when they left."""
    return f"leaver:{application}:{person_id}"


def application(key: str) -> str:
    return f"application:{key}"


def set_up_slot(admin_id: str) -> str:
    """The card on which an admin sets an application up."""
    return f"set_up:{admin_id}"


def account(application: str, person_id: str) -> str:
    """Key of the account task, its lock, and the scope of an incident that hits this account alone."""
    return f"{application}:{person_id}"


def webhook(key: str) -> str:
    """Scope of an incident about an endpoint that does not take its events."""
    return f"webhook:{key}"


def read_webhook(scope: str) -> str | None:
    """The webhook's key in such a scope; None for every other."""
    about, _, key = scope.partition(":")
    return key if about == "webhook" else None


def work(kind: str, key: str) -> str:
    """Scope of an incident about a task that keeps failing."""
    return f"task:{kind}:{key}"


def read_work(scope: str) -> tuple[str, str] | None:
    """The task's kind and key in such a scope; None for every other."""
    about, _, task = scope.partition(":")
    kind, _, key = task.partition(":")
    return (kind, key) if about == "task" else None


#: kinds of tasks
ACCOUNT = "account"
CARDS = "cards"
HOME = "home"
EXPIRE = "expire"
ESCALATE = "escalate"
LEFT = "left"
PROBE = "probe"
SLACK = "slack"
TELL = "tell"
DIRECTORY = "directory"
REPAIR = "repair"
CHECK = "check"
CHECKS = "checks"
WEBHOOK = transaction.WEBHOOK
