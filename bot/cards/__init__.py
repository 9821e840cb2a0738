"""What people see in Slack: Block Kit as pure functions of what was read from storage.

Two kinds of text never mix. Whatever a person or the catalogue wrote (reasons, names of applications, addresses) stands
in `rich_text` and `plain_text`, where Slack interprets nothing: `*`, `:tada:` and `<!channel>` are shown as they were
typed. `mrkdwn` holds our own words, mentions and dates, and nothing else.
"""
