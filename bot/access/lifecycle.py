"""What may follow what, and only here."""

from __future__ import annotations

from collections.abc import Collection

from storage.tables import GrantState as G
from storage.tables import RequestState as R

_REQUEST: dict[R, frozenset[R]] = {
    R.PENDING: frozenset({R.APPROVED, R.DENIED, R.CANCELLED, R.EXPIRED}),
    R.APPROVED: frozenset(),
    R.DENIED: frozenset(),
    R.CANCELLED: frozenset(),
    R.EXPIRED: frozenset(),
}

_GRANT: dict[G, frozenset[G]] = {
    G.SCHEDULED: frozenset({G.GRANTING, G.ENDING}),
    G.GRANTING: frozenset({G.WAITING, G.INVITED, G.ACTIVE, G.FAILED, G.ENDING}),
    G.WAITING: frozenset({G.GRANTING, G.INVITED, G.ACTIVE, G.FAILED, G.ENDING}),
    G.INVITED: frozenset({G.GRANTING, G.WAITING, G.ACTIVE, G.FAILED, G.ENDING}),
    # granting again: somebody changed the account outside and the grant has to be put right; invited again: somebody
    # removed the person outside and invited them anew
    G.ACTIVE: frozenset({G.GRANTING, G.INVITED, G.FAILED, G.ENDING}),
    G.FAILED: frozenset({G.GRANTING, G.WAITING, G.INVITED, G.ACTIVE, G.ENDING}),
    G.ENDING: frozenset({G.ENDED}),
    G.ENDED: frozenset(),
}

#: grants that hold: the account should be as they say
HOLDING = frozenset({G.GRANTING, G.WAITING, G.INVITED, G.ACTIVE, G.FAILED})
#: grants that take the place of the one they replace: one that cannot be given yet leaves it where it is
TAKING_PLACE = frozenset({G.GRANTING, G.INVITED, G.ACTIVE})
#: grants that Usher still has something to do for
LIVING = frozenset(G) - {G.ENDED}


def before_request(to: R) -> Collection[R]:
    """The states from which a request may become `to`."""
    return [state for state, following in _REQUEST.items() if to in following]


def before_grant(to: G) -> Collection[G]:
    """The states from which a grant may become `to`."""
    return [state for state, following in _GRANT.items() if to in following]
