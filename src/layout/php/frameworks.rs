//! Who is logged in, by the variables that frameworks and applications write into PHP's own sessions.
//!
//! With PHP's own handler the key says nothing of the framework; the variables do. Each framework keeps
//! its login in a place of its own, which comes before the conventions of those that have none.

use std::borrow::Cow;

use super::super::key::Alphabet;
use super::super::whose;
use super::{conventional, named};
use crate::layout::session::Unnamed;
use crate::value::Value;

/// What the variables say of who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login<'v> {
    Someone(Cow<'v, str>),
    /// A framework's login is known to be there, and nobody uses it.
    Nobody,
    /// Someone, and the session does not say who.
    Unnamed,
}

type Framework = for<'v, 'a> fn(&'v Value<'a>) -> Option<Login<'v>>;

/// In the order in which they are asked.
const FRAMEWORKS: &[Framework] = &[cakephp, yii, zend, matomo, shopware, nette, opencart, elabftw];

/// Who the variables say is logged in: by what frameworks write, by convention, or by a mark that
/// someone is. `None` where nothing in them is about a login that is known.
pub fn login<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let framework = of_frameworks(data);
    if let Some(Login::Someone(user)) = framework {
        return Some(Login::Someone(user));
    }
    if let Some(user) = conventional(data) {
        return Some(Login::Someone(user));
    }
    if framework == Some(Login::Unnamed) || is_marked(data) { Some(Login::Unnamed) } else { framework }
}

/// What tells whether the session is nobody's, for [`Whose::Container`](crate::layout::Whose): nothing
/// where someone is logged in who has no name, no member at all where a framework's own login is there
/// and nobody's, and otherwise what the application put there.
pub fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    match of_frameworks(data) {
        None => Some(Cow::Borrowed(data)),
        Some(Login::Nobody) => {
            let rest = data.members()?.iter().filter(|(name, _)| !is_own(name));
            let rest = Value::Map(rest.cloned().collect());
            let said = whose::container(&rest) != Unnamed::Unknown;
            said.then(|| Cow::Owned(Value::Map(Vec::new())))
        }
        Some(Login::Someone(_) | Login::Unnamed) => None,
    }
}

/// Variables that the frameworks here write themselves, besides their logins.
fn is_own(name: &str) -> bool {
    matches!(
        name,
        "Config" | "Auth" | "Message" | "Flash" | "user.name" | "session.info" | "is_auth" | "is_anon"
    ) || matches!(name, "Shopware" | "ShopwareBackend" | "__NF" | "__ZF" | "__Laminas" | "Laminas_Auth")
        || name.starts_with("Zend_Auth")
        || state(name).is_some()
}

/// What the first framework says that says who; in a session of several the others may know of nobody.
pub fn of_frameworks<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let mut said = None;
    for framework in FRAMEWORKS {
        match framework(data) {
            Some(Login::Someone(user)) => return Some(Login::Someone(user)),
            Some(Login::Unnamed) => said = Some(Login::Unnamed),
            Some(Login::Nobody) => said = said.or(Some(Login::Nobody)),
            None => {}
        }
    }
    said
}

/// Variables that say that someone is logged in, and not who.
const MARKS: &[&str] = &[
    "auth",
    "logged_in",
    "loggedin",
    "loggedIn",
    "logged",
    "is_logged",
    "is_logged_in",
    "isLoggedIn",
    "is_auth",
    "isAuth",
    "authenticated",
    "is_authenticated",
    "login",
    "user",
    "user_id",
    "username",
];

fn is_marked(data: &Value<'_>) -> bool {
    data.find_named(MARKS, |value| is_true(value).then_some(())).is_some()
}

fn is_true(value: &Value<'_>) -> bool {
    matches!(value, Value::Bool(true) | Value::Int(1))
        || value.as_str().is_some_and(|text| matches!(text, "1" | "true" | "yes"))
}

/// Whether it is what stands in the place of a user that there is none of.
fn is_blank(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(members) => members.is_empty(),
        _ => false,
    }
}

/// What a framework's login variable says.
fn told<'v, 'a>(
    value: Option<&'v Value<'a>>,
    name: impl Fn(&'v Value<'a>) -> Option<Cow<'v, str>>,
) -> Login<'v> {
    match value {
        None => Login::Nobody,
        Some(value) => match name(value) {
            Some(user) => Login::Someone(user),
            None if is_blank(value) => Login::Nobody,
            None => Login::Unnamed,
        },
    }
}

/// CakePHP 2 to 5, and MISP on it: `Config` with the time that Session.timeout is counted from, and
/// `Auth` (cakephp/cakephp 2.10 and 5.1.1, Session; MISP 2.4).
fn cakephp<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let auth = data.get("Auth");
    let own = data.get("Config").is_some_and(|it| it.get("time").is_some() || it.get("userAgent").is_some());
    let old = || auth.is_some_and(|auth| auth.get("User").is_some());
    (own || old()).then(|| cakephp_auth(auth))
}

/// Where the visitor goes after the login is all that is known of a guest.
pub fn cakephp_auth<'v>(auth: Option<&'v Value<'_>>) -> Login<'v> {
    match told(auth, cakephp_user) {
        Login::Unnamed if auth.is_some_and(is_guest_of_cakephp) => Login::Nobody,
        login => login,
    }
}

fn is_guest_of_cakephp(auth: &Value<'_>) -> bool {
    let Value::Map(members) = auth else { return false };
    members.iter().all(|(name, value)| name == "redirect" || (name == "User" && is_blank(value)))
}

/// `Auth.User.id` up to 3, `Auth._fields.id` of an entity, `Auth.id`, or the bare id.
fn cakephp_user<'v>(auth: &'v Value<'_>) -> Option<Cow<'v, str>> {
    fn id<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
        value.get("_fields").unwrap_or(value).get("id")?.scalar_text()
    }
    let old = auth.get("User");
    old.and_then(id)
        .or_else(|| id(auth))
        .or_else(|| auth.scalar_text())
        .or_else(|| named(old?))
        .or_else(|| named(auth))
}

/// The rest of a state's name of Yii after the hash of 32 digits that Yii 1 and Craft CMS put first.
fn state(name: &str) -> Option<&str> {
    if name.starts_with("__") {
        return Some(name);
    }
    let (hash, rest) = name.split_at_checked(32)?;
    (Alphabet::Hex.all(hash.as_bytes()) && (rest.starts_with("__") || rest.starts_with("Yii.")))
        .then_some(rest)
}

/// Yii 2 (`__id`, `__id_<component>`), Craft CMS and Yii 1.1 (`<32 digits>__id`), LimeSurvey
/// (yiisoft/yii2 web/User.php; yiisoft/yii 1.1 web/auth/CWebUser.php).
fn yii<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    const OWN: &[&str] = &[
        "__id",
        "__name",
        "__states",
        "__flash",
        "__returnUrl",
        "__authKey",
        "__expire",
        "__absoluteExpire",
        "__timeout",
    ];
    let (mut own, mut named_by, mut unnamed) = (false, None, false);
    for (name, value) in data.members()? {
        let Some(state) = state(name) else { continue };
        own |= OWN.contains(&state) || state.starts_with("__captcha/") || state.starts_with("Yii.");
        if state == "__id" || (state.starts_with("__id_") && state.len() == name.len()) {
            own = true;
            match told(Some(value), Value::scalar_text) {
                Login::Someone(user) => return Some(Login::Someone(user)),
                Login::Unnamed => unnamed = true,
                Login::Nobody => {}
            }
        } else if state == "__name" {
            named_by = named_by.or_else(|| value.scalar_text());
        }
    }
    let named_by = named_by.or_else(|| if own { data.get("loginID")?.scalar_text() } else { None });
    match (named_by, unnamed) {
        (Some(user), _) => Some(Login::Someone(user)),
        (None, true) => Some(Login::Unnamed),
        (None, false) => own.then_some(Login::Nobody),
    }
}

/// Zend Framework 1: `Zend_Auth`, or another namespace of that beginning, with the identity under
/// `storage` (Zend/Auth/Storage/Session.php, 1.12).
fn zend<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let mut said = None;
    for (name, container) in data.members()? {
        if !name.starts_with("Zend_Auth") && name != "Laminas_Auth" {
            continue;
        }
        match zend_identity(container) {
            Login::Someone(user) => return Some(Login::Someone(user)),
            Login::Unnamed => said = Some(Login::Unnamed),
            Login::Nobody => said = said.or(Some(Login::Nobody)),
        }
    }
    said
}

/// What a container of an authentication holds. Containers of Zend Framework 1 are arrays; later ones
/// are objects, whose own storage is around that of the authentication.
pub fn zend_identity<'v>(container: &'v Value<'_>) -> Login<'v> {
    let inner = match container {
        Value::Object(_) => container
            .get("storage")
            .or_else(|| container.get("$value")?.get("storage"))
            .and_then(|storage| storage.get("storage")),
        _ => container.get("storage"),
    };
    told(inner, |identity| {
        // Rows of Zend_Db_Table keep their columns under _data; classes of ZF 1 name members _so.
        const INSIDE: &[&str] = &["_id", "_user_id", "_userId", "_username", "_email", "_login", "_name"];
        named(identity)
            .or_else(|| identity.find_named(INSIDE, Value::scalar_text))
            .or_else(|| named(identity.get("_data")?))
    })
}

/// Matomo 3.8 and later without its table of sessions (core/Session/SessionFingerprint.php).
fn matomo<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let user = data.get("user.name");
    (user.is_some() || data.get("session.info").is_some()).then(|| match told(user, Value::scalar_text) {
        Login::Someone(user) if user == "anonymous" => Login::Nobody,
        login => login,
    })
}

/// Shopware 5: customers by number; those of the administration by name, which are numbered apart.
fn shopware<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let spaces = ["Shopware", "ShopwareBackend"].iter().filter_map(|name| data.get(name));
    let mut said = None;
    for space in spaces.filter(|space| space.members().is_some() || is_blank(space)) {
        for login in [
            told(space.get("sUserId").filter(|id| id.as_i64() != Some(0)), Value::scalar_text),
            told(space.get("Auth"), |auth| auth.find_named(&["username", "name", "id"], Value::scalar_text)),
        ] {
            match login {
                Login::Someone(user) => return Some(Login::Someone(user)),
                Login::Unnamed => said = Some(Login::Unnamed),
                Login::Nobody => said = said.or(Some(Login::Nobody)),
            }
        }
    }
    said
}

/// Nette: the identity stays after the logout, and counts only while `authenticated` is true
/// (nette/http 2.4 UserStorage.php, nette/security 3.1 SessionStorage.php).
fn nette<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let own = data.get("__NF")?;
    let sections = own.get("DATA").and_then(Value::members).into_iter().flatten();
    let mut said = Login::Nobody;
    for (_, section) in sections.filter(|(name, _)| {
        name.starts_with("Nette.Http.UserStorage/") || name.starts_with("Nette.Web.User/")
    }) {
        if !section.get("authenticated").is_some_and(is_true) {
            continue;
        }
        let identity = section.get("identity");
        match identity.and_then(|it| named(it).or_else(|| named(it.get("data")?))) {
            Some(user) => return Some(Login::Someone(user)),
            None => said = Login::Unnamed,
        }
    }
    Some(said)
}

/// OpenCart up to 3 in PHP's own sessions: a shop's customer before the administrator that the same
/// browser may be (system/library/cart/customer.php and user.php, 3.0.3).
fn opencart<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    if data.get("language").is_none() || data.get("currency").is_none() {
        return None;
    }
    data.find_named(&["customer_id", "user_id"], Value::scalar_text).map(Login::Someone)
}

/// elabFTW: `is_auth` next to `userid`; a visitor with a link to something public is `is_anon`.
fn elabftw<'v>(data: &'v Value<'_>) -> Option<Login<'v>> {
    let is_auth = data.get("is_auth")?;
    if !is_true(is_auth) || data.get("is_anon").is_some_and(is_true) {
        return Some(Login::Nobody);
    }
    Some(match data.get("userid").and_then(Value::scalar_text) {
        Some(user) => Login::Someone(user),
        None => Login::Unnamed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Limits;
    use crate::wrap;

    /// `?` where it is not known who, an empty text where nobody is said to be logged in.
    fn said(text: &str) -> Option<String> {
        let (_, data) = wrap::php::session(text.as_bytes(), &Limits::default()).expect(text);
        login(&data).map(|login| match login {
            Login::Someone(user) => user.into_owned(),
            Login::Nobody => String::new(),
            Login::Unnamed => "?".to_string(),
        })
    }

    #[test]
    fn nobody_is_said_only_where_the_framework_would() {
        for (text, unnamed) in [
            ("Config|a:1:{s:4:\"time\";i:1;}Message|a:0:{}", Unnamed::Nobody),
            ("Config|a:1:{s:4:\"time\";i:1;}Auth|a:1:{s:8:\"redirect\";s:1:\"/\";}", Unnamed::Nobody),
            ("Config|a:1:{s:4:\"time\";i:1;}Auth|b:1;", Unnamed::Unknown),
            ("Config|a:1:{s:4:\"time\";i:1;}logged_in|b:1;", Unnamed::Unknown),
            ("__flash|a:0:{}__returnUrl|s:1:\"/\";", Unnamed::Nobody),
            ("Zend_Auth|a:1:{s:7:\"storage\";a:1:{s:4:\"role\";s:1:\"a\";}}", Unnamed::Unknown),
            ("session.info|a:1:{s:2:\"ts\";i:1;}", Unnamed::Nobody),
            ("__NF|a:1:{s:4:\"Time\";i:1;}", Unnamed::Nobody),
            ("auth|b:1;", Unnamed::Unknown),
            ("cart|a:1:{i:0;i:1;}", Unnamed::Open),
        ] {
            let (_, data) = wrap::php::session(text.as_bytes(), &Limits::default()).expect(text);
            let said = members(&data).map_or(Unnamed::Unknown, |members| whose::container(&members));
            assert_eq!(said, unnamed, "{text}");
        }
    }

    #[test]
    fn frameworks_name_the_user_in_places_of_their_own() {
        const CAKE: &str = "Config|a:1:{s:4:\"time\";i:1796021487;}";
        const MD5: &str = "0cc175b9c0f1b6a831c399e269772661";
        const ROW: &str = "O:8:\"stdClass\":2:{s:7:\"user_id\";s:1:\"7\";s:8:\"username\";s:3:\"ann\";}";
        const NETTE: &str = "s:26:\"Nette.Http.UserStorage/app\"";
        const IDENTITY: &str =
            "O:23:\"Nette\\Security\\Identity\":1:{s:27:\"\0Nette\\Security\\Identity\0id\";i:7;}";
        let nette = |yes: u8| {
            format!(
                "__NF|a:2:{{s:4:\"Time\";i:1;s:4:\"DATA\";a:1:{{{NETTE};a:2:{{s:13:\"authenticated\";b:{yes};\
                 s:8:\"identity\";{IDENTITY}}}}}}}"
            )
        };
        let fields = "O:21:\"App\\Model\\Entity\\User\":1:{s:10:\"\0*\0_fields\";a:1:{s:2:\"id\";i:7;}}";
        for (text, who) in [
            // CakePHP 2 and 3 (MISP), 4 and 5, PrimaryKeySession.
            (format!("{CAKE}Message|a:0:{{}}Auth|a:1:{{s:4:\"User\";a:1:{{s:2:\"id\";s:2:\"35\";}}}}"), "35"),
            (format!("{CAKE}Auth|{fields}"), "7"),
            (format!("{CAKE}Auth|a:2:{{s:5:\"email\";s:1:\"e\";s:2:\"id\";i:7;}}"), "7"),
            (format!("{CAKE}Auth|i:7;"), "7"),
            (format!("{CAKE}Message|a:0:{{}}"), ""),
            (format!("{CAKE}Auth|a:1:{{s:8:\"redirect\";s:1:\"/\";}}"), ""),
            (format!("{CAKE}Auth|a:1:{{s:4:\"User\";N;}}"), ""),
            (format!("{CAKE}Auth|N;"), ""),
            (format!("{CAKE}Auth|a:1:{{s:4:\"User\";a:1:{{s:5:\"group\";i:1;}}}}"), "?"),
            (format!("{CAKE}Auth|b:1;"), "?"),
            (format!("{CAKE}user_id|i:7;"), "7"),
            // Yii 2, Craft CMS, Yii 1, LimeSurvey.
            ("__flash|a:0:{}__id|i:0;__authKey|s:1:\"k\";".into(), "0"),
            ("__id_admin|s:1:\"5\";".into(), "5"),
            ("__flash|a:0:{}__returnUrl|s:1:\"/\";".into(), ""),
            (format!("{MD5}__id|s:1:\"3\";{MD5}__name|s:3:\"ann\";{MD5}__states|a:0:{{}}"), "3"),
            (format!("{MD5}__returnUrl|s:1:\"/\";{MD5}Yii.CWebUser.flashcounters|a:0:{{}}"), ""),
            (format!("{MD5}__id|a:1:{{s:1:\"x\";i:1;}}"), "?"),
            (format!("{MD5}__id|N;{MD5}__name|s:3:\"ann\";"), "ann"),
            (format!("{MD5}__states|a:0:{{}}loginID|i:1;"), "1"),
            // Zend Framework 1.
            (format!("__ZF|a:0:{{}}Zend_Auth|a:1:{{s:7:\"storage\";{ROW}}}"), "7"),
            ("Zend_Auth|a:1:{s:7:\"storage\";s:3:\"ann\";}".into(), "ann"),
            ("Zend_Auth|a:1:{s:7:\"storage\";O:4:\"User\":1:{s:6:\"\0*\0_id\";i:7;}}".into(), "7"),
            ("Zend_Auth_Admin|a:1:{s:7:\"storage\";i:7;}".into(), "7"),
            ("Zend_Auth|a:1:{s:7:\"storage\";a:1:{s:4:\"role\";s:1:\"a\";}}".into(), "?"),
            ("Zend_Auth|a:1:{s:7:\"storage\";N;}".into(), ""),
            ("Zend_Auth|a:0:{}".into(), ""),
            // Matomo.
            ("user.name|s:5:\"admin\";user.token_auth|s:1:\"t\";session.info|a:0:{}".into(), "admin"),
            ("session.info|a:1:{s:2:\"ts\";i:1;}data|a:0:{}".into(), ""),
            ("user.name|s:9:\"anonymous\";session.info|a:0:{}".into(), ""),
            // Shopware 5.
            ("Shopware|a:2:{s:7:\"sUserId\";i:7;s:9:\"sUserMail\";s:1:\"m\";}".into(), "7"),
            ("Shopware|a:1:{s:9:\"sessionId\";s:1:\"x\";}".into(), ""),
            (
                "Shopware|a:1:{s:4:\"Auth\";O:8:\"stdClass\":1:{s:8:\"username\";s:4:\"root\";}}".into(),
                "root",
            ),
            // Nette, logged in and out.
            (nette(1), "7"),
            (nette(0), ""),
            ("__NF|a:1:{s:4:\"Time\";i:1;}".into(), ""),
            // OpenCart, elabFTW.
            ("user_id|i:1;language|s:2:\"de\";currency|s:3:\"EUR\";customer_id|s:1:\"9\";".into(), "9"),
            ("is_auth|i:1;userid|i:4;".into(), "4"),
            ("is_auth|i:1;team|i:4;".into(), "?"),
            // No framework: a mark without a name.
            ("auth|b:1;".into(), "?"),
            ("logged_in|i:1;cart|a:0:{}".into(), "?"),
            ("auth|b:1;username|s:3:\"ann\";".into(), "ann"),
        ] {
            assert_eq!(said(&text).as_deref(), Some(who), "{text}");
        }
        for text in ["", "cart|a:0:{}", "auth|b:0;", "my__idea|i:1;"] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
