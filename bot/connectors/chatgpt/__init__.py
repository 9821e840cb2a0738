"""The `chatgpt` connector: the members and invites of a ChatGPT workspace.

`connector` holds the rules, `transport` says what they ask of a way to the workspace, `web_admin`, `admin_api` and
`scim` are such ways.
"""
