"""The sandbox's portals and articles: made up, and the same on every start."""

from __future__ import annotations

from egain_auth_cli.sandbox.api_error import ApiError

ARTICLE_COUNT = 250
ATTACHMENT = bytes(range(256)) * 8

_NAMES = ("Customer care", "Billing", "Devices", "Travel: säkert & bequem", "Internal notes", "日本語ポータル")
PORTALS: tuple[dict[str, object], ...] = tuple(
    {
        "id": f"PROD-{1000 + number}",
        "name": name,
        "description": f"Everything about {name.lower()}",
        "department": {"id": "DEPT-1000", "name": "Service"},
        "isArticleRatingEnabled": number % 2 == 0,
        "language": {"code": "en-US"},
    }
    for number, name in enumerate(_NAMES, start=1)
)


def find_portal(portal_id: str) -> dict[str, object]:
    """Find a portal by its id.

    Raises:
        ApiError: there is none.
    """
    for portal in PORTALS:
        if portal["id"] == portal_id:
            return portal
    raise ApiError("404-100", "There is no portal of this id.", details={"id": portal_id})


def list_articles(portal_id: str) -> list[dict[str, object]]:
    """List the articles of a portal.

    Raises:
        ApiError: there is no such portal.
    """
    find_portal(portal_id)
    return [
        {
            "id": f"PROD-{200000 + number}",
            "name": f"Article {number}",
            "portal": {"id": portal_id},
            "version": f"{1 + number % 3}.0",
            "attachments": [{"id": f"PROD-{300000 + number}", "name": "x"}] if number % 10 == 0 else [],
        }
        for number in range(1, ARTICLE_COUNT + 1)
    ]


def find_article(portal_id: str, article_id: str) -> dict[str, object]:
    """Find one article, with its text.

    Raises:
        ApiError: there is no such portal or article.
    """
    for article in list_articles(portal_id):
        if article["id"] == article_id:
            return article | {"content": f"<p>The text of {article['name']}.</p>"}
    raise ApiError("404-100", "There is no article of this id.", details={"id": article_id})
