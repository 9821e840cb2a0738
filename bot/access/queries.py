"""All that is read for cards, doors and tasks, under one name. Each of the rooms it comes from holds one subject."""

from bot.access.application_queries import load_application_story, load_applications
from bot.access.home_queries import load_home, load_stories_of
from bot.access.incident_queries import load_incident
from bot.access.people_queries import admin_ids, who
from bot.access.step_queries import load_step
from bot.access.stories import load_lost, load_stories, load_story, seats_left

__all__ = [
    "admin_ids",
    "load_application_story",
    "load_applications",
    "load_home",
    "load_incident",
    "load_lost",
    "load_step",
    "load_stories",
    "load_stories_of",
    "load_story",
    "seats_left",
    "who",
]
