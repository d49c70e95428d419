"""docs/rules.md and the tests say the same."""

import pytest

from tests.rules import Evidence, listed_rules, named_rules

pytestmark = pytest.mark.unit


def test_every_listed_rule_is_proven_by_a_test_that_passed(evidence: Evidence) -> None:
    assert evidence.listed
    unproven = evidence.unproven()
    assert not unproven, f"in docs/rules.md, and named by no test that passed: {', '.join(unproven)}"


def test_no_test_names_a_rule_that_is_not_listed(evidence: Evidence) -> None:
    unknown = {rule: sorted(tests) for rule, tests in evidence.named.items() if rule not in evidence.listed and tests}
    assert unknown == {}, "these are named by tests: add them to docs/rules.md, with our decision"


def test_rules_are_read_from_rows_and_docstrings() -> None:
    assert listed_rules("| ID | rule |\n| `AP-02` | A status. | |\nno `AP-03` | row |\n") == {"AP-02": "A status."}
    assert named_rules("CALL-02, CNV-01 to CNV-03: UTF-16 is no rule, nor is RFC-12.") == {
        "CALL-02",
        "CNV-01",
        "CNV-02",
        "CNV-03",
    }


def test_a_rule_counts_when_one_of_its_tests_has_passed_or_could_not_run() -> None:
    evidence = Evidence({"AP-01": "", "AP-02": "", "AP-03": "", "AP-04": ""}, passed={"a"}, skipped={"b"})
    evidence.named["AP-01"] = {"a", "failed"}
    evidence.named["AP-02"] = {"b"}
    evidence.named["AP-03"] = {"failed"}
    assert evidence.unproven() == ["AP-03", "AP-04"]
