"""A problem as pages show it: what it is, what to do and who can do it."""

from django.contrib import messages
from django.http import HttpRequest

from rollcall.core.problems import Problem


def say(request: HttpRequest, problem: Problem) -> None:
    """Show it on the page the person is led to next."""
    declared = problem.declared
    sentence = problem.sentence.removesuffix(".")
    messages.error(request, f"{sentence}. {declared.what_to_do} Who: {declared.who}.")
