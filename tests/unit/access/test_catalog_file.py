"""The catalogue as a file: what is wrong with one is said with its line and what to write instead."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.access.catalog import (
    DEFAULT_POLICY,
    ApplicationEntry,
    ApproverKind,
    Catalog,
    PolicyRules,
    Stage,
)
from bot.access.catalog_file import (
    CatalogProblems,
    Directory,
    Lines,
    check_people,
    decode,
    read,
    read_with_lines,
    write,
)
from bot.access.durations import write_duration
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
    assert DEFAULT_POLICY.approve == (Stage(kind=ApproverKind.MANAGER),)
    assert DEFAULT_POLICY.fallback == (Stage(kind=ApproverKind.APP_ADMINS),)
    assert DEFAULT_POLICY.decide_within == 3 * 86_400


@pytest.mark.parametrize(
    ("written", "stage"),
    [
        ("manager", Stage(kind=ApproverKind.MANAGER, need="any")),
        ("{manager: any}", Stage(kind=ApproverKind.MANAGER, need="any")),
        ("{app_admins: all}", Stage(kind=ApproverKind.APP_ADMINS, need="all")),
        ("owner", Stage(kind=ApproverKind.OWNER)),
        ("{users: [Ada@Example.com]}", Stage(kind=ApproverKind.USERS, people=("ada@example.com",))),
        ("{users: {all: [U012ABCDEF]}}", Stage(kind=ApproverKind.USERS, need="all", people=("U012ABCDEF",))),
    ],
)
def test_a_stage_is_one_pair(written: str, stage: Stage) -> None:
    """A stage says whom to ask and how many must agree; where any one will do, the shorter forms say so too."""
    catalog = read(f"policies:\n  default: {{approve: [{written}]}}\n", "c.yml")
    assert catalog.policies["default"].approve == (stage,)


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
        "c.yml:2: apps: there is no key “apps” here: choose from policies, applications",
        id="unknown key at the top",
    ),
    pytest.param(
        "applications: []\npolicys: {}\n",
        "c.yml:2: policys: there is no key “policys” here: did you mean “policies”?",
        id="misspelt key at the top",
    ),
    pytest.param(
        "applications: []\npolicies: {}\napplications: []\n",
        "c.yml:3: the key “applications” stands already in line 1: keep one",
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
        "c.yml:5: applications[1].key: the application “figma” stands already in line 2: give it another key",
        id="application twice",
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
        "policies:\n  default:\n    approve: [boss]\n",
        "c.yml:3: policies.default.approve[0]: there is no approver “boss”: "
        "choose from manager, app_admins, owner, users",
        id="unknown approver",
    ),
    pytest.param(
        "policies:\n  default:\n    approve: [{manager: some}]\n",
        "c.yml:3: policies.default.approve[0]: “some” of them cannot be asked: write {manager: any} or {manager: all}",
        id="neither any nor all",
    ),
    pytest.param(
        "policies:\n  default:\n    approve: [{manager: any, owner: any}]\n",
        "c.yml:3: policies.default.approve[0]: a stage is one pair: write {manager: any}",
        id="two in one stage",
    ),
    pytest.param(
        "policies:\n  default:\n    approve: [{users: any}]\n",
        "c.yml:3: policies.default.approve[0]: a stage is one pair: write {users: [ada@example.com]}",
        id="users without people",
    ),
    pytest.param(
        "policies:\n  default:\n    approve: [{users: []}]\n",
        "c.yml:3: policies.default.approve[0]: users wants at least one person: write {users: [ada@example.com]}",
        id="users of nobody",
    ),
    pytest.param(
        "policies:\n  default:\n    approve:\n      - users:\n          - ada@example.com\n          - Grace\n",
        "c.yml:4: policies.default.approve[0]: “Grace” is neither an e-mail address nor a Slack user id (U012ABCDEF)",
        id="no person in a stage",
    ),
    pytest.param(
        "policies:\n  default: {decide_within: 3d}\n",
        "c.yml:2: policies.default: a policy either asks somebody (approve: [{manager: "
        "any}]) or approves by itself and says "
        "why (auto_approve: “Everybody may have this”)",
        id="policy that nobody decides",
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
        check_people(catalog.mentions(), lines, directory)
    assert str(caught.value).splitlines() == [
        "c.yml:7: policies.default.approve[0].users.any[1]: “U0GONE00” has left: name somebody else",
        "c.yml:8: policies.default.fallback[0].users[0]: “robot@example.com” is a bot: name a person",
        f"c.yml:12: applications[0].owner: {unknown.format('adda@example.com')}: did you mean ada@example.com?",
        f"c.yml:15: applications[0].admins[1]: {unknown.format('stranger@example.org')}: {new}",
    ]


def test_an_empty_directory_is_to_be_filled_first() -> None:
    """On a fresh installation the remedy is the first sync."""
    catalog, lines = read_with_lines(application(owner="ada@example.com"), "c.yml")
    with pytest.raises(CatalogProblems, match=r"nobody is known yet.*run `usher people sync` first"):
        check_people(catalog.mentions(), lines, Directory(active=set()))


def test_without_a_file_the_place_in_the_catalogue_is_named() -> None:
    """A catalogue that came from no file is still told where it is wrong."""
    catalog = read(application(owner="ada@example.com"), "c.yml")
    with pytest.raises(CatalogProblems, match=r"^catalogue: applications\[0\]\.owner: nobody"):
        check_people(catalog.mentions(), Lines.unknown(), Directory(active=set()))


# -- writing -----------------------------------------------------------------------------------------------------------
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(str.strip)
keys = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True)
people = st.sampled_from(["ada@example.com", "grace@example.com", "U012ABCDEF", "W0AB1CDEF"])
durations = st.one_of(st.none(), st.integers(1, 10**9 - 1)).map(write_duration)
stages = st.one_of(
    st.builds(
        Stage,
        kind=st.sampled_from(sorted(set(ApproverKind) - {ApproverKind.USERS})),
        need=st.sampled_from(["any", "all"]),
    ),
    st.builds(
        Stage,
        kind=st.just(ApproverKind.USERS),
        need=st.sampled_from(["any", "all"]),
        people=st.lists(people, min_size=1, max_size=3).map(tuple),
    ),
)
policies = st.one_of(
    st.builds(
        PolicyRules,
        approve=st.lists(stages, min_size=1, max_size=3).map(tuple),
        fallback=st.lists(stages, max_size=2).map(tuple),
        decide_within=st.integers(1, 10**7).map(write_duration),
    ),
    st.builds(PolicyRules, auto_approve=texts.map(lambda text: text.strip() + "...")),
)
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


@settings(max_examples=60)
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
