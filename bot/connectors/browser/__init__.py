"""A real browser as the way to a provider that wants to see one.

A person signs in once (`sign_in`), in a `profile` of its own; from then on the connector's requests run inside a page
of that `browser`, behind the same `httpx` client as ever (`transport`). Nobody gets around a check for bots here: a
person passes it.
"""
