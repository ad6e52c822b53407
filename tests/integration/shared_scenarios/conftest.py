"""The time-skipping server of the workflow tests."""

from tests.workflow.conftest import environment as environment
