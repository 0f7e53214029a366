"""The API does what its OpenAPI says, also when it is asked for what nobody thought of."""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from exchanges.store import Writer
from heatmap.api.urls import urlpatterns
from tests.heatmap.api.rows import a_gap, ago, watch

pytestmark = pytest.mark.django_db

EXAMPLES = 8
API = schemathesis.openapi.from_wsgi("/api/schema", WSGIHandler())


@pytest.fixture
def schema() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]


def test_schema_is_valid_openapi(schema: dict[str, Any]):
    validate_schema(schema)  # type: ignore[no-untyped-call]


def test_schema_has_every_address_but_its_own(schema: dict[str, Any]):
    routes = {re.sub(r"<\w+:(\w+)>", r"{\1}", str(p.pattern)) for p in urlpatterns}
    wanted = {f"/{route}" for route in routes if not route.startswith(("^", "api/"))}
    assert set(schema["paths"]) == wanted


def test_schema_tells_the_files_of_an_export_its_manifest_and_who_is_unwell(
    schema: dict[str, Any],
):
    sent = schema["paths"]["/liquidations/export"]["get"]["responses"]["200"]["content"]
    assert set(sent) == {
        "text/csv", "application/x-ndjson", "application/vnd.apache.parquet",
        "application/vnd.apache.arrow.stream", "application/json",
    }  # fmt: skip
    assert {"rows", "bytes", "sha256", "url"} <= set(sent["application/json"]["schema"]["required"])
    for path in ("/health", "/readyz"):
        answers = schema["paths"][path]["get"]["responses"]
        assert answers["503"]["content"] == answers["200"]["content"]


def test_schema_names_every_address_and_what_each_takes(schema: dict[str, Any]):
    listed = schema["paths"]["/liquidations"]["get"]
    assert {p["name"] for p in listed["parameters"]} == {
        "timeframe", "start", "end", "symbol", "exchanges", "side", "type", "min_value",
        "max_value", "limit", "cursor",
    }  # fmt: skip
    answer = listed["responses"]["200"]["content"]["application/json"]["schema"]
    row = answer["properties"]["liquidations"]["items"]
    assert row["properties"]["value_usd"] == {
        "type": "number",
        "format": "double",
        "nullable": True,
    }
    assert set(listed["responses"]) == {"200", "400", "404", "406", "429", "503"}
    assert listed["description"] == "Liquidations, newest first, page by page."


def test_every_operation_is_summed_up_in_a_sentence_of_its_own(schema: dict[str, Any]):
    operations = [one for path in schema["paths"].values() for one in path.values()]
    summaries = [one["summary"] for one in operations if "summary" in one]
    assert len(set(summaries)) == len(operations)
    assert all(len(one) < 120 and "\n" not in one for one in summaries)


def test_docs_load_nothing_from_elsewhere_and_run_nothing_inline(client: Client):
    page = client.get("/api/docs")
    html = page.content.decode()
    assert page.status_code == 200
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", html)
    assert not re.findall(r"<script(?![^>]*src=)[^>]*>\s*\S", html)
    directives = page.headers["Content-Security-Policy"].split("; ")
    assert "script-src 'self'" in directives
    assert client.get("/api/schema").status_code == 200


@pytest.fixture
def stored(rows: Writer) -> None:
    watch("bybit", hours=30)
    a_gap("bybit", ago(hours=3), ago(hours=2), repaired_at=ago(hours=1), repaired_by="REST")
    a_gap("bybit", ago(hours=5), ago(hours=4))


@schemathesis.check
def refuses_only_what_does_not_fit_together(ctx: Any, response: Any, case: Any) -> None:
    """Stands in for `positive_data_acceptance`: OpenAPI cannot say which values exclude others."""
    if response.status_code == 400 and case.meta.generation.mode.is_positive:
        assert response.json()["code"] == "does_not_fit", response.text


def ask_for_what_is_stored(query: dict[str, Any]) -> None:
    """Random symbols and centuries are rightly empty: most of the code would not run."""
    query["symbol"] = "BTCUSDT"
    for name in ("start", "end", "start_time", "end_time", "cursor", "min_value", "max_value"):
        query.pop(name, None)
    if "time_window" in query:
        query.pop("timeframe", None)


# A WSGI server would take an export in one piece; ours is ASGI.
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@API.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_schema_says(stored: None, case: Any):
    if case.meta.generation.mode.is_positive and "symbol" in case.query:
        ask_for_what_is_stored(case.query)
    case.call_and_validate(
        headers={"Accept-Encoding": "identity"},
        excluded_checks=[positive_data_acceptance],
        additional_checks=[refuses_only_what_does_not_fit_together],
    )
