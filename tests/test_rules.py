"""docs/rules.md and the tests say the same."""

from collections import Counter

import pytest

from tests.rules import RULES, Evidence, listed_rules, named_rules, rows_of_rules

pytestmark = pytest.mark.unit


def test_every_listed_rule_is_proven_by_a_test_that_passed(evidence: Evidence) -> None:
    assert evidence.listed
    not_tried = evidence.not_tried()
    unproven = [rule for rule in evidence.unproven() if rule not in not_tried]
    assert not unproven, f"in docs/rules.md, and named by no test that passed: {', '.join(unproven)}"
    if not_tried:
        pytest.skip(f"the tests of these could not run on this machine: {', '.join(not_tried)}")


def test_a_rule_stands_in_one_section_only() -> None:
    """Either it is kept, or it is begun; two rows would say two things."""
    rows = rows_of_rules(RULES.read_text("utf-8"))
    assert [rule for rule, count in Counter(rule for _, rule, _ in rows).items() if count > 1] == []
    assert {section for section, _, _ in rows} == {"Kept", "Begun"}


def test_no_test_names_a_rule_that_is_not_listed(evidence: Evidence) -> None:
    unknown = {rule: sorted(tests) for rule, tests in evidence.named.items() if rule not in evidence.listed and tests}
    assert unknown == {}, "these are named by tests: add them to docs/rules.md, with our decision"


def test_rules_are_read_from_rows_and_docstrings() -> None:
    assert listed_rules("| ID | rule |\n| `AP-02` | A status. | |\nno `AP-03` | row |\n") == {"AP-02": "A status."}
    twice = "## Kept\n| `AP-02` | One. | |\n### More\n| `AP-03` | Two. | |\n## Begun\n| `AP-02` | Three. | |\n"
    assert rows_of_rules(twice) == [("Kept", "AP-02", "One."), ("Kept", "AP-03", "Two."), ("Begun", "AP-02", "Three.")]
    assert named_rules("CALL-02, CNV-01 to CNV-03: UTF-16 is no rule, nor is RFC-12.") == {
        "CALL-02",
        "CNV-01",
        "CNV-02",
        "CNV-03",
    }


def test_a_rule_counts_when_one_of_its_tests_has_passed_and_not_when_it_could_not_run() -> None:
    evidence = Evidence({"AP-01": "", "AP-02": "", "AP-03": "", "AP-04": ""}, passed={"a"}, skipped={"b"})
    evidence.named["AP-01"] = {"a", "b", "failed"}
    evidence.named["AP-02"] = {"b"}
    evidence.named["AP-03"] = {"failed"}
    assert evidence.unproven() == ["AP-02", "AP-03", "AP-04"]
    assert evidence.not_tried() == ["AP-02"]
