"""The catalogue as a file: what is wrong with one is said with its line and what to write instead."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.access.catalog import ApplicationEntry, Catalog
from bot.access.catalog_file import (
    CatalogProblems,
    Directory,
    Lines,
    check_names,
    decode,
    read,
    read_with_lines,
    write,
)
from bot.access.durations import write_duration
from bot.access.policy_rules import (
    DEFAULT_POLICY,
    ApproverKind,
    Approvers,
    Condition,
    EmergencyRules,
    PolicyRules,
    Rule,
    Span,
    Stage,
)
from bot.connectors.registry import capabilities_of

WORKSPACE = "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11"
CHATGPT = f"""\
applications:
  - key: chatgpt
    name: ChatGPT
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: {WORKSPACE}
      integration_email: it@example.com
      secret: chatgpt-session
"""

SCIM = CHATGPT.replace("web_admin", "scim").replace(
    "integration_email: it@example.com", "base_url: https://api.workos.com/scim/v2.0/key"
)

CHATGPT_CAN = capabilities_of(read(CHATGPT, "c.yml").applications[0].connector)


MANAGER = Approvers(kind=ApproverKind.MANAGER)
IT = Approvers(kind=ApproverKind.USERGROUP, group="it-admins")


def users(*people: str) -> Approvers:
    return Approvers(kind=ApproverKind.USERS, people=people)


def problems(text: str) -> list[str]:
    """What is said about a file."""
    with pytest.raises(CatalogProblems) as caught:
        read(textwrap.dedent(text), "c.yml")
    return str(caught.value).splitlines()


def application(**lines: str) -> str:
    """A catalogue with one application, kept by hand, and these keys on line 5 and after."""
    more = "".join(f"    {key}: {value}\n" for key, value in lines.items())
    return "applications:\n  - key: figma\n    name: Figma\n    connector: {type: manual}\n" + more


def chatgpt(**lines: str) -> str:
    """A catalogue with one ChatGPT workspace, and these keys on line 10 and after."""
    return CHATGPT + "".join(f"    {key}: {value}\n" for key, value in lines.items())


# -- what is right -----------------------------------------------------------------------------------------------------
def test_what_is_left_out_has_a_default() -> None:
    """A few lines make a catalogue: people ask for the lowest role, the standard seat and 30 days; managers decide."""
    catalog = read(CHATGPT, "c.yml")
    [entry] = catalog.applications
    assert (entry.roles, entry.seat_types, entry.durations) == (("member",), ("chatgpt",), (30 * 86_400,))
    assert entry.policy == "default"
    assert catalog.policies == {"default": DEFAULT_POLICY}
    assert DEFAULT_POLICY.approve == (Stage(who=(MANAGER,)),)
    assert DEFAULT_POLICY.fallback == (Stage(who=(Approvers(kind=ApproverKind.APP_ADMINS),)),)
    assert DEFAULT_POLICY.decide_within == 3 * 86_400


@pytest.mark.parametrize(
    ("written", "stage"),
    [
        ("manager", Stage(who=(MANAGER,))),
        ("{manager: any}", Stage(who=(MANAGER,), need="any")),
        ("{manager_of_manager: any}", Stage(who=(Approvers(kind=ApproverKind.MANAGER_OF_MANAGER),))),
        ("{app_admins: all}", Stage(who=(Approvers(kind=ApproverKind.APP_ADMINS),), need="all")),
        ("{app_admins: {at_least: 2}}", Stage(who=(Approvers(kind=ApproverKind.APP_ADMINS),), need=2)),
        ("{app_admins: 2}", Stage(who=(Approvers(kind=ApproverKind.APP_ADMINS),), need=2)),
        ("owner", Stage(who=(Approvers(kind=ApproverKind.OWNER),))),
        ("{users: [Ada@Example.com]}", Stage(who=(users("ada@example.com"),))),
        ("{users: {all: [U012ABCDEF]}}", Stage(who=(users("U012ABCDEF"),), need="all")),
        ("{users: {at_least: 1, of: [U012ABCDEF]}}", Stage(who=(users("U012ABCDEF"),), need=1)),
        ("{usergroup: '@it-admins'}", Stage(who=(IT,))),
        ("{usergroup: {at_least: 2, of: it-admins}}", Stage(who=(IT,), need=2)),
        ("{manager: any, fresh: true, delegates: false}", Stage(who=(MANAGER,), fresh=True, delegates=False)),
        ("{who: [manager, {usergroup: it-admins}]}", Stage(who=(MANAGER, IT))),
        (
            "{who: [manager, {users: [U012ABCDEF]}], need: {at_least: 2}, delegates: no}",
            Stage(who=(MANAGER, users("U012ABCDEF")), need=2, delegates=False),
        ),
    ],
)
def test_a_stage_says_whom_to_ask_and_how_many_must_agree(written: str, stage: Stage) -> None:
    """A pair where approvers are of one kind, the longer form for several; what goes without saying may be left out."""
    catalog = read(f"policies:\n  default: {{approve: [{written}]}}\n", "c.yml")
    assert catalog.policies["default"].approve == (stage,)


def test_a_rule_reads_as_it_is_written() -> None:
    """Every condition and outcome; one word stands for a list of one, a group may have its @."""
    catalog = read(
        textwrap.dedent("""\
        policies:
          default:
            approve: [manager]
            rules:
              - name: Guests
                when: {member: guest, email_domain: Partner.example}
                deny: Guests ask their host.
              - when:
                  role: admin
                  seat_type: [chatgpt, codex]
                  duration: {longer_than: 30d, at_most: 90d}
                  on_behalf: true
                  extension: no
                  title: "*Engineer*"
                  usergroup: "@it-admins"
                  raises_bill: true
                  channel: [slack, chatgpt]
                approve: [{app_admins: all}]
              - when: {duration: {at_most: 7d}}
                auto_approve: A week is fine for everybody
        """),
        "c.yml",
    )
    first, second, third = catalog.policies["default"].rules
    assert (first.name, first.when.email_domain, first.deny) == (
        "Guests",
        ("partner.example",),
        "Guests ask their host.",
    )
    assert second.when == Condition(
        role=("admin",),
        seat_type=("chatgpt", "codex"),
        duration=Span(longer_than="30d", at_most="90d"),
        on_behalf=True,
        extension=False,
        title=("*Engineer*",),
        usergroup=("it-admins",),
        raises_bill=True,
        channel=("slack", "chatgpt"),
    )
    assert (third.when.duration, third.auto_approve) == (Span(at_most="7d"), "A week is fine for everybody")


def test_words_that_older_yaml_took_for_truth_stay_words() -> None:
    """`no` and `on` are texts, as in YAML 1.2."""
    [entry] = read(application(description="no", tags="[on, off]"), "c.yml").applications
    assert (entry.description, entry.tags) == ("no", ("on", "off"))


def test_anchors_and_merges_save_writing() -> None:
    """What several applications share can be written once; what stands in an application itself counts."""
    catalog = read(
        textwrap.dedent("""\
        applications:
          - &first
            key: one
            name: One
            tags: &tags [design]
            connector: {type: manual}
          - <<: *first
            key: two
            tags: *tags
        """),
        "c.yml",
    )
    assert [(entry.key, entry.name, entry.tags) for entry in catalog.applications] == [
        ("one", "One", ("design",)),
        ("two", "One", ("design",)),
    ]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """What an editor on Windows puts at the beginning does no harm."""
    assert read(decode(b"\xef\xbb\xbfapplications: []\n", "c.yml"), "c.yml").applications == ()


# -- what is wrong -----------------------------------------------------------------------------------------------------
WRONG = [
    pytest.param("", "c.yml: the file is empty: it needs at least “applications:”", id="empty"),
    pytest.param("# later\n", "c.yml: the file is empty: it needs at least “applications:”", id="only a comment"),
    pytest.param(
        "applications:\n  - key: a\n   name: b\n",
        "c.yml:3: this is not YAML: "
        "expected <block end>, but found '<block mapping start>'; check the indentation and the quotes near here",
        id="indentation",
    ),
    pytest.param(
        "applications: []\n\tpolicies: {}\n",
        "c.yml:2: this is not YAML: found character '\\t' that cannot start any token; check the indentation and the "
        "quotes near here",
        id="tab",
    ),
    pytest.param(
        "applications: []\nname: \x07\n",
        "c.yml:2: this is not YAML: special characters are not allowed; check the indentation and the quotes near here",
        id="control character",
    ),
    pytest.param("- a\n", "c.yml:1: this must be a mapping (key: value), not a list", id="list at the top"),
    pytest.param("text\n", "c.yml:1: this must be a mapping (key: value), not “text”", id="text at the top"),
    pytest.param(
        "applications: []\napps: []\n",
        "c.yml:2: apps: there is no key “apps” here: choose from policies, applications, webhooks",
        id="unknown key at the top",
    ),
    pytest.param(
        "applications: []\npolicys: {}\n",
        "c.yml:2: policys: there is no key “policys” here: did you mean “policies”?",
        id="misspelt key at the top",
    ),
    pytest.param(
        "applications: []\npolicies: {}\napplications: []\n",
        "c.yml:3: the key “applications” is already on line 1: keep one",
        id="key twice",
    ),
    pytest.param(
        "applications:\n", "c.yml:1: applications: nothing stands here: fill it in, or leave the key out", id="nothing"
    ),
    pytest.param("applications: {}\n", "c.yml:1: applications: this must be a list: write [one, other]", id="no list"),
    pytest.param(
        "applications: [3]\n",
        "c.yml:1: applications[0]: this must be a mapping (key: value), not “3”",
        id="application that is none",
    ),
    pytest.param(
        "applications:\n  - name: Figma\n    connector: {type: manual}\n",
        "c.yml:2: applications[0]: “key” is missing: add “key: …”",
        id="no key",
    ),
    pytest.param(
        application(rolls="[x]"),
        "c.yml:5: applications[0].rolls: there is no key “rolls” here: did you mean “roles”?",
        id="misspelt key",
    ),
    pytest.param(
        application(tags="design"),
        "c.yml:5: applications[0].tags: this must be a list: write [design]",
        id="text for a list",
    ),
    pytest.param(
        application(description="365"),
        'c.yml:5: applications[0].description: 365 is not text: write it in quotes, "365"',
        id="number for a text",
    ),
    pytest.param(
        application(description="2030-01-07"),
        'c.yml:5: applications[0].description: 2030-01-07 is not text: write it in quotes, "2030-01-07"',
        id="date for a text",
    ),
    pytest.param(
        application(description="[a]"),
        "c.yml:5: applications[0].description: this must be text, not a list or a mapping",
        id="list for a text",
    ),
    pytest.param(
        application(description=f"{'x' * 501}"),
        "c.yml:5: applications[0].description: this has 501 characters: keep it to 500",
        id="too long",
    ),
    pytest.param(
        "applications:\n  - key: My App\n    name: x\n    connector: {type: manual}\n",
        "c.yml:2: applications[0].key: “My App” cannot be a name here: "
        "use lower-case letters, digits, - and _, at most 40 "
        "of them",
        id="key with a space",
    ),
    pytest.param(
        application(roles="[boss]"),
        "c.yml:5: applications[0].roles: this kind of connector knows no roles: leave them out",
        id="roles where there are none",
    ),
    pytest.param(
        chatgpt(roles="[member, boss]"),
        f"c.yml:10: applications[0].roles: there is no role “boss”: choose from {', '.join(CHATGPT_CAN.roles)}",
        id="unknown role",
    ),
    pytest.param(
        chatgpt(seat_types="[gold]"),
        f"c.yml:10: applications[0].seat_types: there is no seat type “gold”: "
        f"choose from {', '.join(CHATGPT_CAN.seat_types)}",
        id="unknown seat type",
    ),
    pytest.param(
        chatgpt(roles="[admin, admin]"),
        "c.yml:10: applications[0].roles: “admin” stands there twice: keep one",
        id="role twice",
    ),
    pytest.param(
        application(durations="\n      - 7d\n      - 7 parsecs"),
        "c.yml:7: applications[0].durations[1]: “7 parsecs” is not a duration: write 90s, 15m, 8h, 7d, 2w or unlimited",
        id="no duration",
    ),
    pytest.param(
        application(durations="[7]"),
        "c.yml:5: applications[0].durations[0]: “7” is not a duration: write 90s, 15m, 8h, 7d, 2w or unlimited",
        id="duration without a unit",
    ),
    pytest.param(
        application(durations="[5300w]"),
        "c.yml:5: applications[0].durations[0]: “5300w” is longer than a hundred years: write unlimited",
        id="duration beyond the calendar",
    ),
    pytest.param(
        application(durations="[7d, 1w]"),
        "c.yml:5: applications[0].durations: “7d” stands there twice: keep one",
        id="duration twice",
    ),
    pytest.param(
        application(durations="[]"),
        "c.yml:5: applications[0].durations: nothing stands here: fill it in, or leave the key out",
        id="no durations",
    ),
    pytest.param(
        application(starts="later"),
        "c.yml:5: applications[0].starts: “later” is not possible here: choose from joined, approved",
        id="unknown start",
    ),
    pytest.param(
        application(owner="Ada"),
        "c.yml:5: applications[0].owner: “Ada” is neither an e-mail address nor a Slack user id (U012ABCDEF)",
        id="no person",
    ),
    pytest.param(
        application(policy="defalt"),
        "c.yml:5: applications[0].policy: there is no policy “defalt”: did you mean “default”?",
        id="misspelt policy",
    ),
    pytest.param(
        "policies:\n  strict: {approve: [owner]}\n" + application(policy="zzz"),
        "c.yml:7: applications[0].policy: there is no policy “zzz”: choose from default, strict",
        id="unknown policy",
    ),
    pytest.param(
        application() + "  - key: figma\n    name: Again\n    connector: {type: manual}\n",
        "c.yml:5: applications[1].key: the application “figma” is already on line 2: give it another key",
        id="application twice",
    ),
    pytest.param(
        CHATGPT
        + CHATGPT.removeprefix("applications:\n")
        .replace("key: chatgpt", "key: codex")
        .replace(WORKSPACE, WORKSPACE.upper()),
        "c.yml:15: applications[1].connector.workspace_id: this workspace is already on line 7: "
        "an application has a workspace to itself",
        id="workspace twice",
    ),
    pytest.param(
        CHATGPT + SCIM.removeprefix("applications:\n").replace("key: chatgpt", "key: codex"),
        "c.yml:15: applications[1].connector.workspace_id: this workspace is already on line 7: "
        "an application has a workspace to itself",
        id="workspace twice, over two transports",
    ),
    pytest.param(
        "applications:\n  - key: a\n    name: b\n    connector: manual\n",
        "c.yml:4: applications[0].connector: this must be a mapping (key: value), not “manual”",
        id="connector as text",
    ),
    pytest.param(
        "applications:\n  - key: a\n    name: b\n    connector: {}\n",
        "c.yml:4: applications[0].connector: “type” is missing: add “type: …”, one of chatgpt, manual",
        id="connector without a type",
    ),
    pytest.param(
        "applications:\n  - key: a\n    name: b\n    connector:\n      type: jira\n",
        "c.yml:5: applications[0].connector.type: there is no connector type “jira”: choose from chatgpt, manual",
        id="unknown connector",
    ),
    pytest.param(
        "applications:\n  - key: a\n    name: b\n    connector: {type: manual, lnk: x}\n",
        "c.yml:4: applications[0].connector.lnk: there is no key “lnk” here: did you mean “link”?",
        id="misspelt key of a connector",
    ),
    pytest.param(
        CHATGPT.replace("      secret: chatgpt-session\n", ""),
        "c.yml:4: applications[0].connector: “secret” is missing: add “secret: …”",
        id="connector without a secret",
    ),
    pytest.param(
        CHATGPT.replace("chatgpt-session", "sk-admin-AbCdEf0123456789"),
        "c.yml:9: applications[0].connector.secret: this is not the name of a secret: write a name such as "
        "chatgpt-session, and hand the value over with `usher secret set chatgpt-session`. If the value itself stood "
        "here, replace it at the provider",
        id="secret in the place of its name, which is not said again",
    ),
    pytest.param(
        CHATGPT.replace("web_admin", "web_admn"),
        "c.yml:6: applications[0].connector.transport: there is no connector transport “web_admn”: "
        "did you mean “web_admin”?",
        id="misspelt transport",
    ),
    pytest.param(
        CHATGPT.replace("      transport: web_admin\n", ""),
        "c.yml:4: applications[0].connector: “transport” is missing: add “transport: …”, "
        "one of web_admin, admin_api, scim",
        id="connector without a transport",
    ),
    pytest.param(
        CHATGPT.replace("web_admin", "admin_api"),
        "c.yml:8: applications[0].connector.integration_email: there is no key “integration_email” here: "
        "choose from type, transport, workspace_id, base_url, secret",
        id="key of another transport",
    ),
    pytest.param(
        SCIM + "    roles: [member, admin]\n",
        "c.yml:10: applications[0].roles: there is no role “admin”: choose from member. SCIM can choose neither role "
        "nor seat type: ChatGPT invites everybody as member, with the workspace's default seat type. To choose, use "
        "transport: admin_api (Enterprise, Edu) or web_admin",
        id="role that SCIM cannot give",
    ),
    pytest.param(
        SCIM + "    seat_types: [codex]\n",
        "c.yml:10: applications[0].seat_types: there is no seat type “codex”: choose from chatgpt. SCIM can choose "
        "neither role nor seat type: ChatGPT invites everybody as member, with the workspace's default seat type. To "
        "choose, use transport: admin_api (Enterprise, Edu) or web_admin",
        id="seat type that SCIM cannot give",
    ),
    pytest.param(
        "\n".join(line for line in SCIM.splitlines() if "base_url" not in line),
        "c.yml:4: applications[0].connector: “base_url” is missing: add “base_url: …”",
        id="directory without an address",
    ),
    pytest.param(
        CHATGPT.replace(WORKSPACE, "ours"),
        "c.yml:7: applications[0].connector.workspace_id: “ours” is not an id such as "
        "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11: copy it from the provider's page",
        id="workspace id",
    ),
    pytest.param(
        CHATGPT.replace("it@example.com", "it"),
        "c.yml:8: applications[0].connector.integration_email: “it” is not an e-mail address: "
        "an email address must have "
        "an @-sign",
        id="e-mail address",
    ),
    pytest.param(
        "policies:\n  default: {approve: [owner], decide_within: unlimited}\n",
        "c.yml:2: policies.default.decide_within: this time cannot be unlimited: write 3d, for example",
        id="endless wait",
    ),
    pytest.param(
        "policies:\n  default: {approve: [owner], fallbak: []}\n",
        "c.yml:2: policies.default.fallbak: there is no key “fallbak” here: did you mean “fallback”?",
        id="misspelt key of a policy",
    ),
    pytest.param(
        "policies: &p\n  default: *p\n",
        "c.yml:2: an alias stands inside what it is an alias of: write it out",
        id="endless alias",
    ),
    pytest.param(
        "applications: []\n<<: 3\n", "c.yml:2: only a mapping can be taken over with <<", id="merge of a number"
    ),
    pytest.param("? [a]\n: b\n", "c.yml:1: a key must be a word", id="key that is a list"),
    pytest.param(
        application(description="!!int many"),
        "c.yml:5: “many” cannot be read as int: write it in quotes",
        id="tag that does not fit",
    ),
]


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_what_is_wrong_is_said_with_its_line_and_what_to_write(text: str, problem: str) -> None:
    """Each mistake names the file, the line, the place in the catalogue and the remedy."""
    assert problems(text) == [problem]


def test_all_problems_are_said_at_once() -> None:
    """Nobody mends one line to be told of the next: everything wrong is said, in the order of the file."""
    found = problems("""\
        policies:
          default: {approve: [boss]}
        applications:
          - key: chatgpt
            nam: ChatGPT
            roles: [boss]
            policy: none
            connector: {type: manual}
          - key: chatgpt
            name: Twice
            connector: {type: foo}
        """)
    assert [line.split(": ")[0] for line in found] == [
        "c.yml:2", "c.yml:4", "c.yml:5", "c.yml:6", "c.yml:7", "c.yml:9", "c.yml:11",
    ]  # fmt: skip


def test_a_file_that_is_not_utf_8_names_the_line() -> None:
    """A file in another encoding is refused at the first byte that shows it."""
    with pytest.raises(CatalogProblems, match=r"^c\.yml:2: this is not UTF-8: save the file as UTF-8$"):
        decode("a: b\nname: Café\n".encode("latin-1"), "c.yml")


def test_aliases_of_aliases_do_not_grow_without_end() -> None:
    """A file of a few lines cannot take the memory of the machine."""
    levels = "\n".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 9))
    [problem] = problems(f"a0: &a0 [x]\n{levels}\n")
    assert "its aliases make it far too large" in problem


def test_a_text_that_is_nested_without_end_is_refused() -> None:
    """A file of brackets ends in a sentence, not in a traceback."""
    [problem] = problems("[" * 1200)
    assert "nested too deeply" in problem


# -- people ------------------------------------------------------------------------------------------------------------
NAMES = """\
policies:
  default:
    approve:
      - users:
          any:
            - ada@example.com
            - U0GONE
    fallback: [{users: [robot@example.com]}]
applications:
  - key: figma
    name: Figma
    owner: adda@example.com
    admins:
      - ada@example.com
      - stranger@example.org
    connector: {type: manual}
"""


def test_people_who_cannot_act_are_named_with_their_lines() -> None:
    """Whoever the catalogue names must be somebody who is there, and human; a slip of the pen is recognized."""
    catalog, lines = read_with_lines(NAMES.replace("U0GONE", "U0GONE00"), "c.yml")
    directory = Directory(active={"ada@example.com"}, left={"U0GONE00"}, bots={"robot@example.com"})
    unknown, new = (
        "nobody in the directory has the address or id “{}”",
        "run `usher people sync` if they are new to Slack",
    )
    with pytest.raises(CatalogProblems) as caught:
        check_names(catalog.mentions(), lines, directory)
    assert str(caught.value).splitlines() == [
        "c.yml:7: policies.default.approve[0].users.any[1]: “U0GONE00” has left: name somebody else",
        "c.yml:8: policies.default.fallback[0].users[0]: “robot@example.com” is a bot: name a person",
        f"c.yml:12: applications[0].owner: {unknown.format('adda@example.com')}: did you mean ada@example.com?",
        f"c.yml:15: applications[0].admins[1]: {unknown.format('stranger@example.org')}: {new}",
    ]


GROUPS = """\
policies:
  default:
    approve:
      - {usergroup: it-admins}
      - who:
          - manager
          - usergroup: Securty
    rules:
      - when:
          usergroup: [s012abcdef, "@nobody-at-all"]
        deny: Ask your lead.
"""


def test_user_groups_that_are_not_there_are_named_with_their_lines() -> None:
    """By handle or id, whatever their capitals; a slip of the pen is recognized."""
    catalog, lines = read_with_lines(GROUPS, "c.yml")
    with pytest.raises(CatalogProblems) as caught:
        check_names(catalog.mentions(), lines, Directory(active={"x"}, groups={"it-admins", "security", "s012abcdef"}))
    misspelt, new = str(caught.value).splitlines()
    assert misspelt == (
        "c.yml:7: policies.default.approve[1].who[1].usergroup: Slack has no user group @Securty: "
        "did you mean @security?"
    )
    assert new == (
        "c.yml:10: policies.default.rules[0].when.usergroup[1]: Slack has no user group @nobody-at-all: "
        "run `usher people sync` if it is new to Slack"
    )


def test_where_no_user_groups_are_known_the_scope_is_named() -> None:
    """Slack tells an app nothing about user groups until it has the scope."""
    catalog, lines = read_with_lines("policies: {default: {approve: [{usergroup: it}]}}", "c.yml")
    with pytest.raises(CatalogProblems, match=r"^c\.yml:1: .*neither is @it: .*scope usergroups:read"):
        check_names(catalog.mentions(), lines, Directory(active={"x"}))


def test_an_empty_directory_is_to_be_filled_first() -> None:
    """On a fresh installation the remedy is the first sync."""
    catalog, lines = read_with_lines(application(owner="ada@example.com"), "c.yml")
    with pytest.raises(CatalogProblems, match=r"nobody is known yet.*run `usher people sync` first"):
        check_names(catalog.mentions(), lines, Directory(active=set()))


def test_without_a_file_the_place_in_the_catalogue_is_named() -> None:
    """A catalogue that came from no file is still told where it is wrong."""
    catalog = read(application(owner="ada@example.com"), "c.yml")
    with pytest.raises(CatalogProblems, match=r"^catalogue: applications\[0\]\.owner: nobody"):
        check_names(catalog.mentions(), Lines.unknown(), Directory(active=set()))


# -- writing -----------------------------------------------------------------------------------------------------------
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(str.strip)
keys = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True)
people = st.sampled_from(["ada@example.com", "grace@example.com", "U012ABCDEF", "W0AB1CDEF"])
durations = st.one_of(st.none(), st.integers(1, 10**9 - 1)).map(write_duration)
limited = st.integers(1, 10**7)
reasons = texts.map(lambda text: text.strip() + "...")
groups = st.sampled_from(["it-admins", "S012ABCDEF", "on", "any"])
words = st.lists(texts, min_size=1, max_size=3).map(tuple)
approvers = st.one_of(
    st.sampled_from(sorted(set(ApproverKind) - {ApproverKind.USERS, ApproverKind.USERGROUP})).map(
        lambda kind: Approvers(kind=kind)
    ),
    st.lists(people, min_size=1, max_size=3).map(lambda names: users(*names)),
    groups.map(lambda group: Approvers(kind=ApproverKind.USERGROUP, group=group)),
)


@st.composite
def _stages(draw: st.DrawFn) -> Stage:
    who = tuple(draw(st.lists(approvers, min_size=1, max_size=3)))
    most = min(5, sum(one.most for one in who))
    need = draw(st.sampled_from(["any", "all"]) | st.integers(1, int(most)))
    return Stage(who=who, need=need, fresh=draw(st.booleans()), delegates=draw(st.booleans()))


stages = _stages()
lists_of_stages = st.lists(stages, min_size=1, max_size=3).map(tuple)
outcomes = st.one_of(
    st.fixed_dictionaries({"approve": lists_of_stages}),
    st.fixed_dictionaries({"auto_approve": reasons}),
    st.fixed_dictionaries({"deny": reasons}),
)
spans = st.tuples(limited, st.none() | limited).map(
    lambda pair: (
        Span(longer_than=write_duration(pair[0]))
        if pair[1] is None
        else Span(longer_than=write_duration(pair[0]), at_most=write_duration(pair[0] + pair[1]))
    )
)
conditions = st.fixed_dictionaries(
    {"member": st.sampled_from(["full", "guest"])},
    optional={
        "role": words,
        "seat_type": words,
        "duration": spans,
        "on_behalf": st.booleans(),
        "extension": st.booleans(),
        "title": words,
        "usergroup": st.lists(groups, min_size=1, max_size=2).map(tuple),
        "email_domain": st.sampled_from([("example.com",), ("a.example", "b.example")]),
        "raises_bill": st.booleans(),
        "channel": st.sampled_from([("slack",), ("slack", "chatgpt")]),
    },
).map(lambda values: Condition(**values))
rules = st.builds(
    lambda outcome, when, name: Rule(**outcome, when=when, name=name), outcomes, conditions, st.none() | texts
)
emergencies = st.builds(
    EmergencyRules,
    longest=limited.map(write_duration),
    confirm_within=limited.map(write_duration),
    approve=st.just(()) | lists_of_stages,
)
more_of_a_policy = st.fixed_dictionaries(
    {},
    optional={
        "rules": st.lists(rules, max_size=3).map(tuple),
        "fallback": st.lists(stages, max_size=2).map(tuple),
        "decide_within": st.integers(2, 10**7).map(write_duration),
        "remind_after": limited.map(write_duration),
        "escalate_after": st.just("1s"),
        "on_behalf": st.sampled_from(["managers", "everybody", "nobody"]),
        "beneficiary_confirms": st.booleans(),
        "guests": st.booleans(),
        "emergency": emergencies,
    },
)
policies = st.builds(lambda outcome, more: PolicyRules(**outcome, **more), outcomes, more_of_a_policy)
connectors = st.one_of(
    st.fixed_dictionaries({"type": st.just("manual")}, optional={"instructions": texts}),
    st.fixed_dictionaries(
        {
            "type": st.just("chatgpt"),
            "transport": st.just("web_admin"),
            "workspace_id": st.uuids().map(str),
            "integration_email": st.just("it@example.com"),
            "secret": keys,
        },
        optional={"base_url": st.just("http://127.0.0.1:8008/chatgpt")},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("chatgpt"),
            "transport": st.just("admin_api"),
            "workspace_id": st.uuids().map(str),
            "secret": keys,
        },
        optional={"base_url": st.just("http://127.0.0.1:8008/chatgpt/v1")},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("chatgpt"),
            "transport": st.just("scim"),
            "workspace_id": st.uuids().map(str),
            "base_url": st.just("https://api.workos.com/scim/v2.0/key"),
            "secret": keys,
        },
    ),
)
entries = st.builds(
    ApplicationEntry,
    key=keys,
    name=texts,
    description=texts,
    tags=st.lists(texts, max_size=3).map(tuple),
    owner=st.none() | people,
    admins=st.lists(people, max_size=3, unique=True).map(tuple),
    durations=st.lists(durations, min_size=1, max_size=4, unique=True).map(tuple),
    starts=st.sampled_from(["joined", "approved"]),
    connector=connectors,
)
catalogs = st.builds(
    Catalog,
    policies=st.dictionaries(keys, policies, max_size=3),
    applications=st.lists(entries, max_size=4, unique_by=lambda entry: entry.key).map(tuple),
)


@settings(max_examples=200)
@given(stages)
def test_a_stage_that_is_written_reads_back_equal(stage: Stage) -> None:
    """In the short form and in the long one; the long form of any stage says the same as the short one."""
    assert Stage.model_validate(stage.model_dump(mode="json")) == stage
    need = {"at_least": stage.need} if isinstance(stage.need, int) else stage.need
    long = {"who": [one.model_dump(mode="json") for one in stage.who], "need": need}
    assert Stage.model_validate(long | {"fresh": stage.fresh, "delegates": stage.delegates}) == stage


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(catalogs)
def test_what_is_written_reads_back_equal(catalog: Catalog) -> None:
    """An export is the catalogue itself, whatever stands in it; written again it is the same text."""
    text = write(catalog)
    back = read(text, "export.yml")
    assert back == catalog
    assert write(back) == text


def test_what_is_written_looks_as_people_write_it() -> None:
    """An export leaves out what goes without saying and puts short lists in one line."""
    text = "policies:\n  slow:\n    approve: [manager]\n    decide_within: 14d\n" + chatgpt(
        tags="[ai, writing]", durations="[7d, unlimited]", policy="slow"
    )
    assert write(read(text, "c.yml")) == textwrap.dedent(f"""\
        policies:
          default:
            approve:
              - manager: any
            fallback:
              - app_admins: any
          slow:
            approve:
              - manager: any
            decide_within: 14d
        applications:
          - key: chatgpt
            name: ChatGPT
            tags: [ai, writing]
            policy: slow
            connector:
              type: chatgpt
              transport: web_admin
              workspace_id: {WORKSPACE}
              integration_email: it@example.com
              secret: chatgpt-session
            roles: [member]
            seat_types: [chatgpt]
            durations: [7d, unlimited]
        """)
