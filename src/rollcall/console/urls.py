"""The addresses of the pages, each declared with `page` or `own_page` (see `console.routes`)."""

from django.urls import include, path

from rollcall.access.roles import Ability
from rollcall.console.flow_urls import urlpatterns as flow_pages
from rollcall.console.health import health
from rollcall.console.pages import first_start, home, runs, start
from rollcall.console.record_urls import RECORD_ROUTES
from rollcall.console.routes import POST, own_page, page
from rollcall.console.run_urls import urlpatterns as run_pages
from rollcall.console.settings_urls import urlpatterns as settings_pages
from rollcall.console.sync_urls import urlpatterns as sync_pages

handler400 = "rollcall.console.refused.bad_request"
handler500 = "rollcall.console.refused.server_error"
urlpatterns = [
    path("health", health, name="health"),
    path("first/", first_start.first, name="first-start"),
    path("account/", include("rollcall.console.account_urls")),
    path("api/", include("rollcall.api.urls")),
    own_page("", start.start, name="start"),
    own_page(
        "invitations/<number:invitation>/accept/", start.accept, name="accept", methods=(POST,)
    ),
    own_page(
        "invitations/<number:invitation>/decline/", start.decline, name="decline", methods=(POST,)
    ),
    page("", home.home, name="home", needs=Ability.VIEW),
    page("syncs.csv", home.home_csv, name="home-csv", needs=Ability.VIEW),
    page("runs/", runs.runs, name="runs", needs=Ability.VIEW),
    page("runs.csv", runs.runs_csv, name="runs-csv", needs=Ability.VIEW),
    *RECORD_ROUTES,
    *flow_pages,
    *run_pages,
    *settings_pages,
    *sync_pages,
]
