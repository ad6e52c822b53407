"""The sentences of what rules find: each finding with its reason and what would help, ready to be stored and shown."""

from collections.abc import Iterable, Mapping

from models.decision import Decision, Finding
from rules.finding import RuleDecision, RuleFinding
from wording.findings import eligibility, unenrollment
from wording.templates import Sentence, fill

SENTENCES: Mapping[str, Sentence] = {**eligibility.SENTENCES, **unenrollment.SENTENCES}


def describe_finding(finding: RuleFinding) -> Finding:
    """Returns the finding with its sentences, beside the code and the values that they are made of."""
    sentence = SENTENCES[finding.code]
    return Finding(
        rule=finding.rule,
        verdict=finding.verdict,
        code=finding.code,
        parameters={**finding.parameters},
        reason=fill(sentence.reason, finding.parameters),
        fix=fill(sentence.fix, finding.parameters),
        pointers=finding.pointers,
    )


def describe_findings(findings: Iterable[RuleFinding]) -> tuple[Finding, ...]:
    """Returns the findings with their sentences."""
    return tuple(describe_finding(finding) for finding in findings)


def describe_decision(decision: RuleDecision) -> Decision:
    """Returns the decision with the sentences of its findings."""
    return Decision(
        outcome=decision.outcome,
        decided_at=decision.decided_at,
        findings=describe_findings(decision.findings),
    )
