//! Harbor: beego's sessions through a provider of its own.
//!
//! goharbor/harbor c50c7ddd src/core/session, src/core/controllers/oidc.go, src/common/models/user.go.

use std::borrow::Cow;

use crate::codec::gob::Keys as GobKeys;
use crate::frameworks::go;
use crate::frameworks::go::Bag;
use crate::frameworks::go::beego_session;
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{Blob, Cookie, Ends, Layout, Rank, Setup, Verdict, Whose};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "harbor",
    about: "Harbor (goharbor/harbor core)",
    home: Some("https://goharbor.io/"),
    page: "\
key      <id>, a string; no prefix; 32 hex digits; in the database of _REDIS_URL_CORE
value    gob of a map; the member user is Harbor's models.User; an empty string or map is a visitor
expiry   the key's TTL, session_timeout of 60 minutes, set anew by most requests
user     user.Username; without a member user nobody
cookie   sid = <id>, bare
index    none
end      the one key. A request in flight writes it back
alike    sessions without a user are those of any application of beego. Robot accounts have none
beside   cache:...: entries of the cache
beware   the value holds password hash, salt and the secrets of single sign-on: they are masked
",
    rank: Rank::Keyed,
    recognize,
    describe: |_, _, data| {
        let user =
            data.get("user").and_then(|user| user.find_named(&["Username", "UserID"], Value::scalar_text));
        Facts { user, ..Facts::default() }
    },
    whose: Whose::Own(|_, _, data| match data.get("user") {
        Some(user) if !matches!(user, Value::Null) => Unnamed::Unknown,
        _ => Unnamed::Nobody,
    }),
    cookie: Cookie { name: Some("sid"), ..beego_session::LAYOUT.cookie },
    ends: Ends { caveats: &[Layout::WRITTEN_BACK], ..beego_session::LAYOUT.ends },
    same_as: &["beego-session"],
    ..beego_session::LAYOUT
};

/// Whether a bag holds what only Harbor puts there.
fn is_own(data: &Value<'_>) -> bool {
    let of_harbor =
        |class: &Cow<'_, str>| class.contains("goharbor/harbor") || class.contains("vmware/harbor");
    let user = match data.get("user") {
        Some(Value::Object(user)) => of_harbor(&user.class),
        _ => false,
    };
    let oidc = ["oidc_state", "oidc_token", "oidc_user_info", "oidc_redirect_url"];
    user || oidc.iter().any(|name| data.get(name).is_some())
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if beego_session::locate(setup, blob.key).is_none() {
        return Verdict::no("the key does not end in 32 hex digits");
    }
    let bag = blob.bag(&[GobKeys::Any]);
    match &bag {
        Bag::Read(data) if is_own(data) => Verdict::Sure,
        // As beego writes them: whose they are the others next to them tell.
        Bag::Read(_) if !setup.named => Verdict::Kin,
        bag => go::judge(bag),
    }
}
