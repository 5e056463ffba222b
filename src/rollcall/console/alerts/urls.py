"""The addresses of the pages about alerts."""

from rollcall.access.roles import Ability
from rollcall.console.alerts import alerts
from rollcall.console.frame.routes import POST, page

urlpatterns = [
    page("alerts/", alerts.alerts, name="alerts", needs=Ability.VIEW),
    page("alerts.csv", alerts.alerts_csv, name="alerts-csv", needs=Ability.VIEW),
    page(
        "alerts/<number:number>/acknowledge/",
        alerts.acknowledge,
        name="alerts-acknowledge",
        needs=Ability.EDIT_RECORDS,
        methods=[POST],
    ),
]
