"""The ids that come back from Slack when a person presses or submits something.

A button's value is one opaque id and nothing else: the request's on status cards, the request's with its stage where
somebody votes, the incident's on incident cards, the step's on step cards, and likewise on the Home tab. Nothing else
that comes back from a message is trusted.
"""

from __future__ import annotations

from typing import Final

# -- buttons and selects: action_id ------------------------------------------------------------------------------------
APPROVE: Final = "approve"
DENY: Final = "deny"
CANCEL: Final = "cancel_request"
RELEASE: Final = "give_back"
TRY_AGAIN: Final = "try_again"
BY_HAND: Final = "by_hand"
GIVE_UP: Final = "give_up"
STEP_DONE: Final = "step_done"
STEP_COULD_NOT: Final = "step_could_not"
OPEN_FORM: Final = "open_form"
#: a select; choosing in it asks for the form anew (block_actions), beyond 100 applications also for its options
CHOOSE_APPLICATION: Final = "choose_application"

# -- modals: callback_id -----------------------------------------------------------------------------------------------
REQUEST_FORM: Final = "request_form"
#: its private_metadata is the request's id with its stage
DENY_FORM: Final = "deny_form"
#: its private_metadata is the step's id
COULD_NOT_FORM: Final = "could_not_form"

# -- inputs: block_id, and the action_id inside ------------------------------------------------------------------------
APPLICATION_BLOCK: Final = "application"
#: followed by `:` and the application's key, so that Slack forgets what was chosen for another application
ROLE_BLOCK: Final = "role"
SEAT_TYPE_BLOCK: Final = "seat_type"
DURATION_BLOCK: Final = "duration"
REASON_BLOCK: Final = "reason"
FOR_BLOCK: Final = "for"
#: the action_id of every input that only holds a value
VALUE: Final = "value"
