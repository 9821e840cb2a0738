"""Reads what people said about requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.people_queries import who
from bot.access.story import CommentStory
from storage.tables import Comment, Person


async def load_comments(session: AsyncSession, request_ids: Collection[str]) -> Mapping[str, list[CommentStory]]:
    """By request, oldest first."""
    comments: dict[str, list[CommentStory]] = defaultdict(list)
    rows = await session.execute(
        sa.select(Comment, Person)
        .join(Person, Person.id == Comment.author_id)
        .where(Comment.request_id.in_(request_ids))
        .order_by(Comment.created_at, Comment.id)
    )
    for comment, author in rows:
        comments[comment.request_id].append(_comment(comment, author))
    return comments


def _comment(comment: Comment, author: Person) -> CommentStory:
    return CommentStory(id=comment.id, author=who(author), text=comment.text, at=comment.created_at)
