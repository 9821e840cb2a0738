"""Usher's own OAuth 2.1 authorization server, with which people connect ChatGPT. Slack says who they are."""
