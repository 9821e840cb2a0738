"""An admin adds one application to the catalogue that is in force."""

from __future__ import annotations

from bot.access import subjects
from bot.access.catalog import ApplicationEntry, Catalog
from bot.access.catalog_problems import unknown_person, unknown_word
from bot.access.catalog_store import load_application, load_catalog
from bot.access.operations.apply_catalog import Difference, apply_catalog, lock_catalog, read_directory
from bot.access.set_up import WrongSetUp
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import Card

_CANNOT_ACT = "Somebody named here has left, is a bot, or is not known to Usher yet: choose somebody else."


async def put_application(tx: Transaction, *, entry: ApplicationEntry, actor: str) -> list[Difference]:
    """Applies the catalogue in force with this entry at its end, as `usher catalog apply` would; the ledger says the
    same. The same entry again changes nothing. Whoever added it gets the card with the steps of its set-up.

    Args:
        entry: read and checked (`bot.access.set_up.read_entry`).
        actor: the Slack user id of one of Usher's admins; whether they are one is for the caller to say.

    Raises:
        WrongSetUp: by field: the key or the workspace is another application's, the policy is unknown, or somebody
            named cannot act.
    """
    await lock_catalog(tx)
    catalog = await load_catalog(tx.session)
    known = await load_application(tx.session, entry.key)
    if known is not None and known != entry:
        raise WrongSetUp({"key": f"“{entry.key}” is the key of {known.name} already: write another one."})
    await _check(tx, catalog, entry)
    wanted = catalog.applications if entry in catalog.applications else (*catalog.applications, entry)
    differences = await apply_catalog(tx, catalog=catalog.model_copy(update={"applications": wanted}), actor=actor)
    await _show_the_steps(tx, entry.key, actor)
    return differences


async def _check(tx: Transaction, catalog: Catalog, entry: ApplicationEntry) -> None:
    wrong: dict[str, str] = {}
    if entry.policy not in catalog.policies:
        wrong["policy"] = unknown_word("policy", entry.policy, list(catalog.policies))
    twin = next((other for other in catalog.applications if _share_a_workspace(entry, other)), None)
    if twin is not None:
        wrong["key"] = f"{twin.name} has this workspace already, and an application has a workspace to itself."
    directory = await read_directory(tx.session)
    for field, names in (("owner", filter(None, [entry.owner])), ("admins", entry.admins)):
        if any(unknown_person(name, directory) for name in names):
            wrong[field] = _CANNOT_ACT
    if wrong:
        raise WrongSetUp(wrong)


def _share_a_workspace(one: ApplicationEntry, other: ApplicationEntry) -> bool:
    workspaces = [getattr(each.connector, "workspace_id", None) for each in (one, other)]
    return one.key != other.key and workspaces[0] is not None and workspaces[0] == workspaces[1]


async def _show_the_steps(tx: Transaction, key: str, admin_id: str) -> None:
    """The row of the card is what says that this admin wants it; the card's task posts it."""
    subject = subjects.application(key)
    card = Card(
        id=new_id(),
        subject=subject,
        slot=subjects.set_up_slot(admin_id),
        recipient=admin_id,
        posting_since=tx.now,
        updated_at=tx.now,
    )
    await tx.insert_unless_there(card)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")
