"""A problem as pages say it: what it is, what to do and who can do it."""

from django.contrib import messages
from django.http import HttpRequest

from rollcall.core.problems import Problem


def told(problem: Problem) -> str:
    """The problem in one paragraph."""
    declared = problem.declared
    sentence = problem.sentence if problem.sentence.endswith(".") else f"{problem.sentence}."
    return f"{sentence} {declared.what_to_do} Who: {declared.who}."


def say(request: HttpRequest, problem: Problem) -> None:
    """Show it on the page the person is led to next."""
    messages.error(request, told(problem))
