"""How a person is spoken about to another: `you`, or their name."""

from __future__ import annotations

from dataclasses import dataclass

from bot.access.story import Asked, Story, Who
from bot.cards.rich import Piece, user
from bot.cards.words import application


@dataclass(frozen=True, slots=True)
class Voice:
    """The voice in which a card speaks to its reader."""

    reader_id: str
    #: where they hear more: Slack says `here`, and what is read elsewhere says where that is
    here: str = "here"

    def is_reader(self, who: Who) -> bool:
        return who.id == self.reader_id

    def name(self, who: Who, *, first: bool = False) -> Piece:
        """`you`, or the person; `first` in a sentence makes it `You`."""
        if self.is_reader(who):
            return "You" if first else "you"
        return user(who)

    def own(self, who: Who) -> list[Piece]:
        """`your`, or `Lena's`."""
        return ["your"] if self.is_reader(who) else [user(who), "'s"]

    def why_asked(self, asked: Asked, story: Story) -> list[Piece]:
        """What makes them an approver, to go after `is` or into brackets: `Lena's manager`, `admin of ChatGPT`."""
        if asked.for_whom is not None:
            return ["standing in for ", self.name(asked.for_whom), ", who is away"]
        name = application(story)
        match asked.why:
            case "manager":
                return [*self.own(story.beneficiary), " manager"]
            case "manager_of_manager":
                return ["the manager of ", *self.own(story.beneficiary), " manager"]
            case "usergroup":
                return [f"in a group that approves {name}"]
            case "escalation":
                return ["stepping in, because nobody has answered yet"]
            case "override":
                return ["an admin of Usher"]
            case "app_admins":
                return [f"an admin of {name}"]
            case "owner":
                return [f"the owner of {name}"]
            case "fallback":
                return ["standing in, because nobody else could be asked"]
            case _:
                return [f"named as an approver for {name}"]
