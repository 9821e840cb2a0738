"""What people look at inside ChatGPT instead of reading: the catalogue as cards, and how a request is going.

An MCP Apps component (`text/html;profile=mcp-app`). The address is the host's cache key, so a change of a page that an
old page's data would not fit gets a new version in its address.
"""

from __future__ import annotations

CATALOG_URI = "ui://usher/catalog/v1.html"
REQUEST_URI = "ui://usher/request/v1.html"
