//! Magento 1 and OpenMage with Cm_RedisSession.

use crate::cookie;
use crate::frameworks::php::magento2;
use crate::layout::session::Facts;
use crate::layout::{Blob, Cookie, Layout, Setup, Verdict, Whose, open_any, time};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "magento1-cm",
    about: "Magento 1 and OpenMage with Cm_RedisSession (PHP)",
    family: "PHP",
    home: Some("https://github.com/colinmollenhour/Cm_RedisSession"),
    page: "\
key      sess_<id>, a hash; database as in local.xml
value    as magento2; the variables of the core are in `core`
expiry   the key's TTL, moved by every request; core._session_validator_data holds an end of its own
user     customer_<website>.id, customer_base before others; in the backend the name in
         admin.user._data.username: other people than the customers
ip       core._session_validator_data.remote_addr; browser .http_user_agent
cookie   frontend, in the backend adminhtml = the id, unsigned
index    none
end      the one key (Cm_RedisSession 3.3.0)
alike    magento2: `core` with _session_validator_data in it decides
",
    recognize,
    describe,
    whose: Whose::Own(|_, _, data| magento2::nobody(data)),
    cookie: Cookie {
        open: Some(|setup, given| open_any(setup, &["adminhtml"], |name| cookie::bare::open(given, name))),
        name: Some("frontend"),
        ..magento2::LAYOUT.cookie
    },
    same_as: &["magento2"],
    ..magento2::LAYOUT
};

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let verdict = magento2::is_session(blob);
    if verdict != Verdict::Sure || setup.named {
        return verdict;
    }
    let decoded = magento2::read(setup, blob);
    let core = decoded.value().and_then(|data| data.get("core"));
    if core.is_some_and(|core| {
        core.get("_session_validator_data").is_some() || core.get("visitor_data").is_some()
    }) {
        Verdict::Sure
    } else {
        Verdict::no("its variables do not hold `core` with what the session is bound to")
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let core = data.get("core");
    let end = core.and_then(|core| core.get("_session_validator_data")?.get("session_expire_timestamp"));
    Facts {
        user: magento2::customer(data, "id").or_else(|| magento2::admin(data)),
        ends: end.and_then(time::seconds),
        ..magento2::validated(data)
    }
}
