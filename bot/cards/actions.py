"""The ids that come back from Slack when a person presses or submits something.

A button's value is one opaque id and nothing else: the request's on status cards, the request's with its stage where
somebody votes, the incident's on incident cards, the step's on step cards, the grant's where a seat is missing, and
likewise on the Home tab. Nothing else that comes back from a message is trusted.
"""

from __future__ import annotations

from typing import Final

# -- buttons and selects: action_id ------------------------------------------------------------------------------------
APPROVE: Final = "approve"
DENY: Final = "deny"
CANCEL: Final = "cancel_request"
RELEASE: Final = "give_back"
EXTEND: Final = "extend"
#: on the Home tab of those who look after others' access
FIND_ACCESS: Final = "find_access"
#: a select; choosing a person in it asks for their access (block_actions)
WHOSE_ACCESS: Final = "whose_access"
#: its value is the grant's id
REVOKE: Final = "revoke"
TRY_AGAIN: Final = "try_again"
BY_HAND: Final = "by_hand"
GIVE_UP: Final = "give_up"
STEP_DONE: Final = "step_done"
STEP_COULD_NOT: Final = "step_could_not"
INVITE_ANYWAY: Final = "invite_anyway"
KEEP_WAITING: Final = "keep_waiting"
DECLINE_SEAT: Final = "decline_seat"
OPEN_FORM: Final = "open_form"
ADD_APPLICATION: Final = "add_application"
#: these two carry an application's key
CHECK_APPLICATION: Final = "check_application"
SET_UP_STEPS: Final = "set_up_steps"
#: choosing in one of these asks for the form anew
CHOOSE_PLAN: Final = "choose_plan"
CHOOSE_WAY: Final = "choose_way"
#: a select; choosing in it asks for the form anew (block_actions), beyond 100 applications also for its options
CHOOSE_APPLICATION: Final = "choose_application"

# -- modals: callback_id -----------------------------------------------------------------------------------------------
REQUEST_FORM: Final = "request_form"
#: its private_metadata is the request's id with its stage
DENY_FORM: Final = "deny_form"
#: its private_metadata is the id of the request whose grant is to go on
EXTEND_FORM: Final = "extend_form"
FOUND_ACCESS: Final = "found_access"
#: its private_metadata is the grant's id
REVOKE_FORM: Final = "revoke_form"
#: its private_metadata is the step's id
COULD_NOT_FORM: Final = "could_not_form"

#: the assistant's modals, in their order; the last one's private_metadata is what was entered about the connector,
#: which holds no secret and is checked again
SET_UP_KIND: Final = "set_up_kind"
SET_UP_CHATGPT: Final = "set_up_chatgpt"
SET_UP_OFFER: Final = "set_up_offer"

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
