"""The sandbox's answers, checked by eGain's own Python library, which validates whatever it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from egain_api_python import Egain
from fakes.sandbox_driver import PORTALS, start_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PORTAL: dict[str, Any] = {"accept_language": "en-US", "portal_id": "PROD-1001"}
ARTICLE: dict[str, Any] = {"accept_language": "en-US", "article_id": "PROD-3006"}
CONTENT = "/knowledge/contentmgr/v4"
AI = "/core/aiservices/v4"


class Library:
    """The library, for a user and for a client application of one sandbox."""

    def __init__(self, url: str, user: str, client: str) -> None:
        self.url = url
        self.user = Egain(access_token=user, server_url=url + PORTALS)
        self.client = Egain(access_token=client, server_url=url + PORTALS)

    def question(self) -> dict[str, Any]:
        return {"portal_id": "PROD-1001", "q": "pay a bill", "language": "en-US", "server_url": self.url + AI}


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    scope = "knowledge.portalmgr.manage knowledge.contentmgr.manage core.aiservices.read core.aiservices.manage"
    with start_sandbox() as sandbox:
        client = sandbox.client_token(scope="knowledge.portalmgr.manage knowledge.contentmgr.manage")
        yield Library(sandbox.server.url, sandbox.user_token(scope=scope), client)


CALLS: dict[str, Callable[[Library], Any]] = {
    "portals": lambda it: it.user.portal.general.get_all_portals(accept_language="en-US"),
    "my portals": lambda it: it.user.portal.general.get_my_portals(accept_language="en-US", language="en-US"),
    "portal": lambda it: it.client.portal.general.get_portal_details_by_id(**PORTAL),
    "user": lambda it: it.user.portal.userdetails.get_user_details(accept_language="en-US"),
    "article": lambda it: it.user.portal.article.get_article_by_id(
        **PORTAL, article_id="PROD-3006", article_additional_attributes=["all"]
    ),
    "articles": lambda it: it.user.portal.article.get_articles_in_topic(**PORTAL, filter_topic_id="PROD-4002"),
    "related": lambda it: it.user.portal.article.get_related_articles(**PORTAL, article_id="PROD-3006"),
    "announcements": lambda it: it.user.portal.article.get_announcement_articles(**PORTAL),
    "popular": lambda it: it.user.portal.populararticles.getpopulararticles(**PORTAL),
    "attachment": lambda it: it.user.portal.article.get_attachment_by_id_in_portal(**PORTAL, attachment_id="PROD-6001"),
    "editions": lambda it: it.client.portal.article.get_article_by_id_with_editions(**ARTICLE, language="en-US"),
    "edition": lambda it: it.client.portal.article.get_article_edition_details(
        **ARTICLE, publish_view_id="PROD-2501", language="en-US"
    ),
    "breadcrumb": lambda it: it.client.portal.topic.get_topic_breadcrumb_for_article(
        **PORTAL, article_id="PROD-3006", language="en-US"
    ),
    "topics": lambda it: it.user.portal.topic.getalltopics(**PORTAL),
    "topic": lambda it: it.user.portal.topic.getchildtopics(**PORTAL, topic_id="PROD-4001", level=1),
    "search": lambda it: it.user.portal.search.ai_search(portal_id="PROD-1001", q="pay a bill", language="en-US"),
    "suggestions": lambda it: it.user.portal.suggestion.search_suggestion(**PORTAL, filter_status="suggested"),
    "templates": lambda it: it.client.prompt.get_prompt_templates(
        accept_language="en-US", department="Service", language_code="en-US", server_url=it.url + CONTENT
    ),
    "retrieve": lambda it: it.user.aiservices.retrieve.retrieve_chunks(**it.question()),
    "answers": lambda it: it.user.aiservices.answers.get_best_answer(**it.question()),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_answer_passes_the_checks_of_egains_library(library: Library, call: Callable[[Library], Any]) -> None:
    assert call(library) is not None
