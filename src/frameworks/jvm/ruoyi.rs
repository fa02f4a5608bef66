//! RuoYi: the login as fastjson writes it.

use crate::codec::Limits;
use crate::codec::fastjson;
use crate::cookie;
use crate::frameworks::jvm;
use crate::layout::session::{Facts, Session};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Setup, Verdict, expire, key,
    time, user,
};
use crate::value::Value;

pub const LAYOUT: Layout = Layout {
    name: "ruoyi",
    about: "RuoYi-Vue and RuoYi-Cloud (fastjson)",
    family: "JVM",
    page: "\
key      <prefix><token>, a string; prefix `login_tokens:`; the token is a UUID
value    fastjson 2 with class names: {\"@type\":\"...LoginUser\", userId, username, token, loginTime,
         expireTime (ms), ipaddr, browser, permissions, user: {...}}; RuoYi-Cloud has userid and
         sysUser
expiry   token.expireTime (30 min) as the key's TTL and in expireTime, renewed when less than 20
         minutes are left. `expire` sets both
user     username, then userName of user or sysUser, then userid or userId
cookie   Admin-Token, or the header Authorization: Bearer = a JWT (HS512); its claim login_user_key
         is the token (RuoYi-Vue 3.9, TokenService)
end      the key, as the page of the users who are online does
beside   captcha_codes: sys_config: sys_dict: repeat_submit: rate_limit: pwd_err_cnt: are no
         sessions
",
    keys: Keys {
        prefix: "login_tokens:",
        locate: |setup, key| key::locate_by(setup, key, key::uuid_tail, key::is_uuid),
        ..Keys::PLAIN
    },
    marks: &[Mark::Magic(b"{\"@type\":"), Mark::Member("@type")],
    options: &[OptionSpec::secret("jwt_secret", OptionKind::Text, "token.secret, which signs the tokens")],
    recognize: |setup, blob| {
        let decoded = read(setup, blob);
        match decoded.value().and_then(|value| value.get("@type")?.as_str()) {
            Some(class) if class.ends_with("LoginUser") => Verdict::Sure,
            Some(_) => Verdict::no("its @type is not a LoginUser"),
            None => Verdict::no("the value is not a fastjson object with an @type"),
        }
    },
    read,
    describe,
    cookie: Cookie {
        name: Some("Admin-Token"),
        open: Some(|setup, given| cookie::ruoyi::open(given, setup.cookie_name(), setup.text("jwt_secret"))),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire,
        caveats: &["A request in flight may write the login back when it renews it; look again afterwards."],
        ..Ends::PLAIN
    },
    ..Layout::PLAIN
};

fn expire(_: &Setup, session: &Session<'_>, end: Option<i64>) -> expire::Moved {
    let end = end.ok_or(jvm::NO_NEVER)?;
    let rewrite = expire::put(
        session,
        &|text| fastjson::member_span(text, "expireTime", &Limits::default()),
        &|old| old.as_i64().map(|_| end.to_string()),
    )?;
    Ok(expire::Expiring { at: expire::at(Some(end)), rewrite, then: Vec::new() })
}

fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(text) = blob.text() else { return Decoded::failed("fastjson", blob.unreadable("fastjson")) };
    match fastjson::decode(text, &blob.limits) {
        Ok(value) => Decoded::owned("fastjson", value),
        Err(error) => Decoded::failed("fastjson", error),
    }
}

fn describe<'b>(_: &'b Setup, _: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let inner = |name: &str| data.get(name).and_then(|user| user.get("userName")?.scalar_text());
    Facts {
        user: jvm::first(data, &["username"])
            .or_else(|| inner("user"))
            .or_else(|| inner("sysUser"))
            .or_else(|| jvm::first(data, &["userid", "userId"])),
        created: data.get("loginTime").and_then(time::millis),
        seen: None,
        ends: data.get("expireTime").and_then(time::millis),
        ip: user::text(data.get("ipaddr")),
        agent: user::text(data.get("browser")),
        ..Facts::default()
    }
}
