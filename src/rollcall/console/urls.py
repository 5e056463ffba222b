"""The addresses of the pages, each declared with `page` or `own_page` (`console.frame.routes`)."""

from django.urls import include, path

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import POST, own_page, page
from rollcall.console.health import health
from rollcall.console.home import home, start
from rollcall.console.runs import runs
from rollcall.console.runs.urls import urlpatterns as run_pages
from rollcall.console.sending.urls import urlpatterns as flow_pages
from rollcall.console.settings.urls import urlpatterns as settings_pages
from rollcall.console.sign_in import first_start
from rollcall.console.students.urls import RECORD_ROUTES
from rollcall.console.syncs.urls import urlpatterns as sync_pages

handler400 = "rollcall.console.frame.refused.bad_request"
handler500 = "rollcall.console.frame.refused.server_error"
urlpatterns = [
    path("health", health, name="health"),
    path("first/", first_start.first, name="first-start"),
    path("account/", include("rollcall.console.sign_in.urls")),
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
