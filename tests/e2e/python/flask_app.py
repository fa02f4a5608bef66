"""An application on Flask with Flask-Session and Flask-Login, its sessions in Redis, in Memcached at $MEMCACHED, or in
the table of $DATABASE_URL; a cache and a limiter in Redis."""

import os
import pickle

import flask
import flask_login
import flask_session
import flask_sqlalchemy
import redis
from pymemcache.client.base import PooledClient as Client

import serve

store = redis.Redis(unix_socket_path=os.environ["SOCKET"])
app = flask.Flask("shop")
app.config.update(
    SECRET_KEY="end to end",
    SESSION_KEY_PREFIX="shop:session:",
    SESSION_USE_SIGNER=bool(os.environ.get("SIGNER")),
    SESSION_SERIALIZATION_FORMAT=os.environ.get("FORMAT", "msgpack"),
)
if "MEMCACHED" in os.environ:
    app.config.update(SESSION_TYPE="memcached", SESSION_MEMCACHED=Client("unix:" + os.environ["MEMCACHED"]))
elif "DATABASE_URL" in os.environ:
    app.config.update(SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"])
    app.config.update(SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=flask_sqlalchemy.SQLAlchemy(app))
else:
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=store)
flask_session.Session(app)
logins = flask_login.LoginManager(app)


class User(flask_login.UserMixin):
    def __init__(self, name):
        self.id = name


@logins.user_loader
def load(name):
    return User(name)


@app.get("/login")
def log_in():
    flask_login.login_user(User(flask.request.args["user"]))
    flask.session["cart"] = [{"sku": "tea"}]
    return who()


@app.get("/visit")
def visit():
    flask.session["lang"] = "pl"
    return who()


@app.get("/me")
def who():
    current = flask_login.current_user
    return {"user": current.id if current.is_authenticated else None}


@app.get("/slow")
def slow():
    answer = who()
    flask.session["slow"] = True
    serve.meet()
    return answer


@app.get("/work")
def work():
    store.set("shop:cache", b"!" + pickle.dumps({"_user_id": "alice"}))
    store.set("shop:session:hits", 41)
    store.set("LIMITS:LIMITER/192.0.2.1/login/5/1/minute", 3)
    return who()


if __name__ == "__main__":
    serve.serve(app)
