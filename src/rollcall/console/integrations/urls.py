"""The addresses of the pages that integrations declare."""

from rollcall.access.roles import Ability
from rollcall.console.frame.navigation import page_name
from rollcall.console.frame.routes import page
from rollcall.console.integrations.own_page import view_of
from rollcall.engine import registry

urlpatterns = [
    page(
        f"of/{kind.name}/{own.name}/",
        view_of(kind, own),
        name=page_name(kind.name, own.name),
        needs=Ability(own.needs),
    )
    for kind in map(registry.integration, registry.names())
    for own in kind.pages
]
