"""One verb a file. Each is a function of a transaction: run it with `database.write(verb, ...)` and it is one commit.

An operation either returns what happened or raises `bot.access.refusals.Refused`, in which case nothing happened.
"""
