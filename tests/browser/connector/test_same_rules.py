"""What holds for the connector over plain HTTP holds through a browser: the same tests once more."""

from __future__ import annotations

import pytest

# ruff: noqa: F403 - each is a test
from tests.integration.connectors.test_lifecycle import *

pytestmark = pytest.mark.usefixtures("signed_in")
