//! An application on axum with tower-sessions in Redis and the logins of axum-login, on a free port of the
//! loopback interface. $COOKIE is what its cookies are: plain, signed or private.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend};
use fred::prelude::{Client, ClientLike, Config};
use tower_sessions::cookie::Key;
use tower_sessions::{Session, SessionManagerLayer};
use tower_sessions_redis_store::RedisStore;

#[derive(Clone, Debug)]
struct User(String);

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.0.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[derive(Clone)]
struct Users;

impl AuthnBackend for Users {
    type User = User;
    type Credentials = String;
    type Error = Infallible;

    async fn authenticate(&self, name: String) -> Result<Option<User>, Infallible> {
        Ok(Some(User(name)))
    }

    async fn get_user(&self, name: &String) -> Result<Option<User>, Infallible> {
        Ok(Some(User(name.clone())))
    }
}

type Logins = axum_login::AuthSession<Users>;
type Answer = Json<std::collections::HashMap<&'static str, Option<String>>>;

async fn who(logins: Logins) -> Answer {
    Json([("user", logins.user.map(|user| user.0))].into())
}

async fn log_in(
    mut logins: Logins,
    Query(asked): Query<std::collections::HashMap<String, String>>,
) -> Answer {
    let user = logins.authenticate(asked["user"].clone()).await.expect("users").expect("a user");
    logins.login(&user).await.expect("a login");
    who(logins).await
}

async fn visit(logins: Logins, session: Session) -> Answer {
    session.insert("cart", ["tea"]).await.expect("a session");
    who(logins).await
}

/// A request that takes its time: it says that it is here, and waits until it may go on.
async fn slow(logins: Logins, session: Session) -> Answer {
    session.insert("cart", ["filled meanwhile"]).await.expect("a session");
    let here = std::env::var("MEET").expect("MEET");
    std::fs::write(Path::new(&here).join("started"), "").expect("a file");
    let goes_on = async {
        while !Path::new(&here).join("go-on").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), goes_on).await.expect("nobody let the request go on");
    who(logins).await
}

#[tokio::main]
async fn main() {
    let socket = std::env::var("SOCKET").expect("SOCKET");
    let config = Config::from_url(&format!("redis+unix://{socket}")).expect("an address");
    let client = Client::new(config, None, None, None);
    client.init().await.expect("a connection");

    let routes = Router::new()
        .route("/login", get(log_in))
        .route("/visit", get(visit))
        .route("/me", get(who))
        .route("/slow", get(slow));
    let key = || Key::from(std::env::var("COOKIE_KEY").expect("COOKIE_KEY").as_bytes());
    let sessions = SessionManagerLayer::new(RedisStore::new(client)).with_secure(false);
    let routes = match std::env::var("COOKIE").as_deref() {
        Ok("signed") => {
            routes.layer(AuthManagerLayerBuilder::new(Users, sessions.with_signed(key())).build())
        }
        Ok("private") => {
            routes.layer(AuthManagerLayerBuilder::new(Users, sessions.with_private(key())).build())
        }
        _ => routes.layer(AuthManagerLayerBuilder::new(Users, sessions).build()),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("serving http://{}", listener.local_addr().expect("an address"));
    axum::serve(listener, routes).await.expect("a server");
}
