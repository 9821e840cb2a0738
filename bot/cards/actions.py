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
#: approve with changes
CHANGE: Final = "change"
#: a question, its value like that of Approve; and its answer, its value the request's id
ASK: Final = "ask_question"
ANSWER: Final = "answer_question"
CANCEL: Final = "cancel_request"
NUDGE: Final = "nudge"
ASK_ANEW: Final = "ask_anew"
#: an admin decides in place of those who were asked: its value is the request's id
OVERRIDE: Final = "override"
#: while I am away
GO_AWAY: Final = "go_away"
COME_BACK: Final = "come_back"
RELEASE: Final = "give_back"
EXTEND: Final = "extend"
#: where Usher cannot see who is in: they are not, or are now
CANNOT_GET_IN: Final = "cannot_get_in"
GOT_IN: Final = "got_in"
#: another role or seat type in place of what there is
REPLACE: Final = "replace"
#: whoever would get what somebody else asked for wants it, or does not
CONFIRM: Final = "confirm"
DECLINE: Final = "decline"
#: followed by `:` and the name of a list, which is its value, too: two such buttons may stand in one row
SEE_LIST: Final = "see_list"
#: the value of these two is the id of the item that the page lies behind, or before
LIST_NEXT: Final = "list_next"
LIST_PREVIOUS: Final = "list_previous"
#: choosing in one of these three shows the list anew (block_actions); the last one also asks for its options
LIST_STATE: Final = "list_state"
LIST_PERSON: Final = "list_person"
LIST_APPLICATION: Final = "list_application"
LIST_RESET: Final = "list_reset"
#: the value of an option that narrows nothing
ANY: Final = "any"
#: its value is the request's id
OPEN_REQUEST: Final = "open_request"
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
#: likewise
CHANGE_FORM: Final = "change_form"
#: its private_metadata is the request's id
COMMENT_FORM: Final = "comment_form"
#: its private_metadata is the id of the request whose grant is to go on
EXTEND_FORM: Final = "extend_form"
#: its private_metadata is the id of the request whose grant is to be replaced
REPLACE_FORM: Final = "replace_form"
#: its private_metadata is the request's id
OVERRIDE_FORM: Final = "override_form"
AWAY_FORM: Final = "away_form"
#: its private_metadata is what the list shows
LIST: Final = "list"
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
COMMENT_BLOCK: Final = "comment"
FOR_BLOCK: Final = "for"
START_BLOCK: Final = "start"
#: followed by `:` and the application's key
EMERGENCY_BLOCK: Final = "emergency"
#: the action_id of every input that only holds a value
VALUE: Final = "value"
