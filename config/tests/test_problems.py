"""Everything that is wrong is told at once, and nothing crashes on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, model_validator

from config.loader import OptionModels, load
from config.problems import ConfigProblems
from config.tests.conftest import CHANNEL_MODELS, MODELS, SECRETS

Told = Callable[..., list[str]]
Change = Callable[[str, str, str], str]
FILES = ("sources.yaml", "metrics.yaml", "okrs.yaml", "audiences.yaml")


def test_a_duplicate_key_names_both_lines(told: Told, change: Change) -> None:
    change("okrs.yaml", "        weight: 2\n", "        weight: 2\n        metric: audits\n        weight: 3\n")
    assert told() == [
        "okrs.yaml:15: objectives[0].key_results[0].metric: appears twice, first on line 12; keep one of them",
        "okrs.yaml:16: objectives[0].key_results[0].weight: appears twice, first on line 14; keep one of them",
    ]


def test_everything_wrong_in_all_files_is_told_at_once_in_the_order_of_the_files(told: Told, change: Change) -> None:
    change("sources.yaml", "username: admin", "user: admin")
    change("sources.yaml", "{secret: ZENDESK_TOKEN}", "{secret: ABSENT}")
    change("metrics.yaml", "min_n: 1000", "min_n: many")
    change("okrs.yaml", "Europe/Berlin", "Europe/Berln")
    change("okrs.yaml", "{from: 24, to: 12}", "{from: 24, to: 24}")
    change("okrs.yaml", "metric: ai_coverage", "metric: ai_cover")
    change("okrs.yaml", "- id: trained\n", "- id: ai-coverage\n")
    change("okrs.yaml", "step: 2026-12-15", "step: 2027-12-15")
    change("audiences.yaml", "[fraud]", "[fruad]")
    assert [problem.split(": ")[:2] for problem in told()] == [
        ["sources.yaml:7", "sources.trust-queue.user"],
        ["sources.yaml:24", "sources.helpdesk.api_token"],
        ["metrics.yaml:42", "metrics.fraud_share.min_n"],
        ["okrs.yaml:2", "cycle.timezone"],
        ["okrs.yaml:13", "objectives[0].key_results[0].target.decrease"],
        ["okrs.yaml:18", "objectives[0].key_results[1].metric"],
        ["okrs.yaml:20", "objectives[0].key_results[2].id"],
        ["okrs.yaml:68", "objectives[2].key_results[2].pace.step"],
        ["audiences.yaml:12", "audiences.fraud-team.objectives[0]"],
    ]


def test_a_file_that_is_not_yaml_hides_no_problem_of_the_others(told: Told, change: Change) -> None:
    change("metrics.yaml", "    title: Mean hours", "\ttitle: Mean hours")
    change("okrs.yaml", "weight: 2", "weight: 0")
    assert told() == [
        "metrics.yaml:5: indented with a tab; YAML wants spaces",
        "okrs.yaml:14: objectives[0].key_results[0].weight: needs a number above 0",
    ]


def test_a_missing_file_and_a_missing_folder(folder: Path, told: Told) -> None:
    (folder / "audiences.yaml").unlink()
    assert told() == [f"audiences.yaml: there is no such file in {folder}; `okr init` writes one"]
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert told() == [f"there is no folder {folder}; `okr init` makes one"]


@pytest.mark.parametrize("text", ["- a\n", "text\n", "5\n", "metrics:\n", "metrics: [a]\n", "{}\n", "? [a]\n: b\n"])
def test_a_file_of_another_shape_is_told_and_not_a_crash(folder: Path, told: Told, text: str) -> None:
    for file in FILES:
        (folder / file).write_text(text, encoding="utf-8")
    found = told()
    assert {problem.split(":")[0] for problem in found} == set(FILES)
    assert not any("Input should" in problem or "Traceback" in problem for problem in found)


def test_channels_that_cannot_be_used(told: Told, change: Change) -> None:
    channels = "[{slack: {webhook: {secret: S}}}, slak, {email: {}, slack: {}}, {slack: {hook: x}}, email, email]"
    change("audiences.yaml", "    objectives: all\n    channels: [email]", f"    channels: {channels}")
    at = "audiences.yaml:7: audiences.leadership.channels"
    assert told() == [
        (
            f"{at}[0].slack.webhook: the secret S is named here but not set; "
            "set it in the environment, .env or OKR_SECRETS_DIR"
        ),
        f"{at}[1]: unknown channel 'slak'; did you mean slack? there is: email, slack",
        (
            f"{at}[2]: needs the name of a channel, like email, or one name with its options, "
            "like {slack: {webhook: …}}"
        ),
        f"{at}[3].slack: needs `webhook`",
        f"{at}[3].slack.hook: is not a key that is known here; did you mean webhook? there is: webhook",
        f"{at}: names the same email twice; leave one out",
    ]


def test_a_channel_that_does_not_load_is_a_mistake_of_its_line_alone(folder: Path, change: Change) -> None:
    why = "channel 'pager' cannot be loaded from pager:CHANNEL: ImportError"

    class Models(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            if name == "pager":
                raise RuntimeError(why)
            return CHANNEL_MODELS[name]

    change("audiences.yaml", "    objectives: all\n    channels: [email]", "    channels: [pager]")
    with pytest.raises(ConfigProblems) as caught:
        load(folder, OptionModels(MODELS, Models(pager=None, email=None)), SECRETS.get)
    assert [str(problem) for problem in caught.value.problems] == [
        f"audiences.yaml:7: audiences.leadership.channels[0]: {why}"
    ]


def test_a_metric_that_no_source_feeds(told: Told, change: Change) -> None:
    change("sources.yaml", "facts: [review]", "facts: [member]")
    change("sources.yaml", "{training: {id", "{audit: {id")
    assert told() == [
        (
            "metrics.yaml:8: metrics.review_hours.fact: no source supplies the fact 'review'; "
            "add one to sources.yaml, or take the metric out"
        ),
        (
            "metrics.yaml:19: metrics.ai_coverage.fact: no source supplies the fact 'review'; "
            "add one to sources.yaml, or take the metric out"
        ),
        (
            "metrics.yaml:29: metrics.trained.fact: no source supplies the fact 'training'; "
            "add one to sources.yaml, or take the metric out"
        ),
    ]


def test_a_query_needs_a_source_that_answers_queries(folder: Path, told: Told) -> None:
    query = "  {name}: {{unit: count, better: lower, source: {source}, query: q, window: {{trailing: 7d}}}}\n"
    with (folder / "metrics.yaml").open("a", encoding="utf-8") as file:
        for name, source in (("a", "werehouse"), ("b", "payments"), ("c", "warehouse")):
            file.write(query.format(name=name, source=source))
    found = [problem.split(": ", 1)[1] for problem in told()]
    assert found == [
        (
            "metrics.a.source: unknown source 'werehouse'; did you mean warehouse? there is: trust-queue, payments, "
            "helpdesk, warehouse, roster, training, audits"
        ),
        "metrics.b.source: payments cannot answer a query: the connector stripe has facts alone",
    ]


def test_a_plugin_whose_options_fail_oddly_is_one_problem_without_its_text(told: Told) -> None:
    class Broken(BaseModel):
        @model_validator(mode="before")
        @classmethod
        def _fails(cls, data: Any) -> Any:
            raise KeyError(data["api_key"].get_secret_value())

    assert told(models={**MODELS, "stripe": Broken}) == [
        "sources.yaml:15: sources.payments: connector stripe fails on these options (KeyError)"
    ]
