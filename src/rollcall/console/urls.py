"""The addresses of the pages."""

from django.urls import path

from rollcall.console import views

urlpatterns = [
    path("", views.home, name="home"),
    path("runs/<int:number>", views.run, name="run"),
    path("health", views.health, name="health"),
    path("style.css", views.stylesheet, name="stylesheet"),
]
