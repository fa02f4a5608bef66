"""An application on Django: sessions by the engine that $ENGINE names, a cache by the backend that $BACKEND names,
in Redis or at $LOCATION, and its users in SQLite, or in PostgreSQL where $PGHOST says so."""

import datetime
import os

import django
from django.conf import settings

import serve

if "PGHOST" in os.environ:
    DATABASE = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres"}
else:
    file = os.path.join(os.environ["MEET"], os.environ["NAME"] + ".sqlite")
    DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": file}
settings.configure(
    SECRET_KEY="end to end",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={"default": DATABASE},
    CACHES={
        "default": {
            "BACKEND": os.environ["BACKEND"],
            "LOCATION": os.environ.get("LOCATION", f"unix://{os.environ['SOCKET']}?db=0"),
            "KEY_PREFIX": "shop",
        }
    },
    SESSION_ENGINE=os.environ["ENGINE"],
    USE_TZ=True,
)
django.setup()

from django.contrib.auth import login, models  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


def who(request):
    return JsonResponse({"user": request.user.pk})


def log_in(request):
    login(request, models.User.objects.get(pk=request.GET["user"]))
    request.session["seen"] = datetime.datetime(2024, 5, 17, 8, 30, tzinfo=datetime.UTC).isoformat()
    return who(request)


def visit(request):
    request.session["cart"] = [{"sku": "tea"}]
    return who(request)


def slow(request):
    request.session["slow"] = request.user.pk is not None
    serve.meet()
    return who(request)


def work(request):
    cache.set("user:1", {"_auth_user_id": "1"})
    cache.set("hits", 41)
    return who(request)


urlpatterns = [
    path("login", log_in),
    path("visit", visit),
    path("me", who),
    path("slow", slow),
    path("work", work),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    for name in ("alice", "bob"):
        models.User.objects.create_user(name)
    serve.serve(get_wsgi_application())
