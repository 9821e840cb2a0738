"""A small company to try Usher on: a simulated Slack workspace and a simulated ChatGPT workspace.

Both are real servers on a real socket, as strict as the originals, with a page on which a visitor plays the
people of the company. The demo and the tests run on it. It knows nothing of Usher: any Slack app could run
against it.
"""
