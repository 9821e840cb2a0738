"""Usher as an app inside ChatGPT: the MCP server, and the authorization server that lets people connect it."""
