"""Slack's numbers, by the names Slack gives them. Characters, items or seconds.

Where two official sources disagree the smaller one stands: what passes here passes at Slack.
"""

from __future__ import annotations

from typing import Final

# Block Kit (docs.slack.dev/reference/block-kit, slack_sdk's constants and the comments of @slack/types).
BLOCKS_IN_MESSAGE: Final = 50
BLOCKS_IN_VIEW: Final = 100
BLOCK_TEXT_IN_MESSAGE: Final = 13_200  # all text of a message's blocks together: undocumented, bolt-js issue 2509
IDENTIFIER: Final = 255  # block_id, action_id, callback_id, external_id
SECTION_TEXT: Final = 3000
SECTION_FIELDS: Final = 10
SECTION_FIELD: Final = 2000
HEADER_TEXT: Final = 150
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2000
ACCESSIBILITY_LABEL: Final = 75
URL: Final = 3000
ACTIONS_ELEMENTS: Final = 25
CONTEXT_ELEMENTS: Final = 10
CONTEXT_ACTIONS_ELEMENTS: Final = 5
OPTIONS: Final = 100
OPTION_GROUPS: Final = 100
RADIO_BUTTONS: Final = 10
CHECKBOXES: Final = 10
OVERFLOW_OPTIONS: Final = 5
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 75  # 150 in slack_sdk, 75 in @slack/types
PLACEHOLDER: Final = 150
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
INPUT_LABEL: Final = 2000
INPUT_HINT: Final = 2000
PLAIN_TEXT_INPUT: Final = 3000
MARKDOWN_TEXT: Final = 12_000
ALT_TEXT: Final = 2000
IMAGE_TITLE: Final = 2000
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20
CARD_TITLE: Final = 150
CARD_BODY: Final = 200
CAROUSEL_CARDS: Final = 10

# Views.
MODAL_TITLE: Final = 24  # also submit and close
PRIVATE_METADATA: Final = 3000
VIEW_BYTES: Final = 250_000
MODAL_STACK: Final = 3
TRIGGER_SECONDS: Final = 3.0

# Messages.
MESSAGE_TEXT: Final = 40_000
UPDATED_MESSAGE_TEXT: Final = 4000
METADATA_BYTES: Final = 16_000

# Events.
USERS_IN_GROUP_EVENT: Final = 500  # subteam_updated leaves out the rest, user_count does not

# What an app has to keep to.
ACK_SECONDS: Final = 3.0
RESPONSE_URL_USES: Final = 5
RESPONSE_URL_SECONDS: Final = 30 * 60.0
EVENT_RETRY_DELAYS: Final = (0.0, 60.0, 300.0)  # nearly at once, after 1 and after 5 minutes
SOCKET_CONNECTIONS: Final = 10

# Sign in with Slack (docs.slack.dev, openid.connect.token).
SIGN_IN_CODE_SECONDS: Final = 10 * 60.0
ID_TOKEN_SECONDS: Final = 300
