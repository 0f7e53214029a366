"""Every address of the site."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on pages that name none: the admin, the API."""
    return redirect(static("img/icon.svg"))


urlpatterns = [
    path("", include("heatmap.urls")),
    path("", include("heatmap.api.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon),
]

handler500 = "heatmap.api.errors.server_error"
