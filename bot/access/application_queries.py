"""Reads the applications of the catalogue, with what is known of their health."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.story import ApplicationStory
from bot.connectors.config import connector_config
from bot.connectors.contract import Condition
from storage.tables import Application, HealthReport, Incident


async def load_applications(session: AsyncSession) -> list[ApplicationStory]:
    """The catalogue as it is offered, in its order, with what is known of each application's health."""
    offered = sa.select(Application).where(Application.retired_at.is_(None))
    return await _application_stories(session, offered.order_by(Application.position, Application.key))


async def load_application_stories(session: AsyncSession, keys: Sequence[str]) -> list[ApplicationStory]:
    """Several applications, in the order of their keys as given."""
    found = await _application_stories(session, sa.select(Application).where(Application.key.in_(keys)))
    return sorted(found, key=lambda story: keys.index(story.key))


async def load_application_story(session: AsyncSession, key: str) -> ApplicationStory | None:
    """One application, also a retired one; None when there never was one."""
    found = await _application_stories(session, sa.select(Application).where(Application.key == key))
    return found[0] if found else None


async def _application_stories(session: AsyncSession, statement: sa.Select[Application]) -> list[ApplicationStory]:
    applications = (await session.scalars(statement)).all()
    keys = [row.key for row in applications]
    reports = await session.scalars(sa.select(HealthReport).where(HealthReport.application.in_(keys)))
    outages = await session.scalars(
        sa.select(Incident).where(Incident.scope.in_(keys), Incident.state == sa.literal_column("'open'"))
    )
    report_of = {report.application: report for report in reports}
    outage_of = {outage.scope: outage.explanation for outage in outages}
    return [
        ApplicationStory(
            key=row.key,
            name=row.name,
            retired=row.retired_at is not None,
            connector=connector_config.validate_python(row.document["connector"]),
            findings=_findings(report_of.get(row.key)),
            checked_at=report_of[row.key].checked_at if row.key in report_of else None,
            outage=outage_of.get(row.key),
        )
        for row in applications
    ]


def _findings(report: HealthReport | None) -> tuple[Condition, ...]:
    return tuple(Condition(**each) for each in report.document["conditions"]) if report else ()
