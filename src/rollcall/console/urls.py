"""The addresses of the pages, each declared with `page` or `own_page` (`console.frame.routes`)."""

from django.urls import include, path

from rollcall.access.roles import Ability
from rollcall.console.alerts.urls import urlpatterns as alert_pages
from rollcall.console.frame.routes import POST, own_page, page
from rollcall.console.health import health
from rollcall.console.home import home, start
from rollcall.console.integrations.urls import urlpatterns as integration_pages
from rollcall.console.runs.urls import urlpatterns as run_pages
from rollcall.console.sending.urls import urlpatterns as flow_pages
from rollcall.console.settings.urls import urlpatterns as settings_pages
from rollcall.console.sign_in import first_start
from rollcall.console.students.urls import urlpatterns as student_pages
from rollcall.console.syncs.urls import urlpatterns as sync_pages

handler400 = "rollcall.console.frame.error_pages.bad_request"
handler500 = "rollcall.console.frame.error_pages.server_error"
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
    *alert_pages,
    *student_pages,
    *flow_pages,
    *run_pages,
    *settings_pages,
    *sync_pages,
    *integration_pages,
]
