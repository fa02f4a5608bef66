//! What sessions of Perl's web frameworks have in common: who is logged in.

use std::borrow::Cow;

use crate::layout::{OptionKind, OptionSpec, Whose, user, whose};
use crate::value::Value;

pub const SERIALIZER: OptionSpec =
    OptionSpec::new("serializer", OptionKind::Text, "what new sessions get; whatever it is is read");

/// Members by which applications name the user: Catalyst's own, those of Dancer2::Plugin::Auth::Extensible
/// and CGI::Session::Auth, and usual names.
const CONVENTIONS: &[&str] = &[
    "__user",
    "logged_in_user",
    "user_id",
    "current_user_id",
    "uid",
    "user",
    "username",
    "login",
    "account_id",
    "profile",
    "~profile",
    "email",
];

pub fn user<'v>(data: &'v Value<'_>) -> Option<Cow<'v, str>> {
    // Perl has no false of its own: 0 and the empty text are nobody as a flag, and 0 is an id to none.
    data.find_named(CONVENTIONS, |value| user::of_record(value).filter(|user| user != "0"))
}

/// The application's members, without what the frameworks put there.
pub const WHOSE: Whose = Whose::Container(|data| {
    let members = data.members()?;
    let flagged = members.iter().any(|(name, value)| {
        matches!(&**name, "~logged-in" | "logged_in_user" | "__user") && !whose::is_empty(value)
    });
    if flagged {
        return None;
    }
    let is_own = |name: &str| {
        !(name.starts_with("__") || name.starts_with("_SESSION_") || matches!(name, "id" | "~logged-in"))
    };
    // As `user` has it: to Perl an id of 0 is false.
    let is_nobody = |name: &str, value: &Value<'_>| {
        CONVENTIONS.contains(&name) && value.scalar_text().is_some_and(|user| user == "0")
    };
    let own =
        members.iter().filter(|(name, value)| is_own(name) && !is_nobody(name, value)).cloned().collect();
    Some(Cow::Owned(Value::Map(own)))
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::session::Unnamed;

    #[test]
    fn an_id_of_zero_is_nobody_to_perl() {
        for (name, id, user, unnamed) in [
            ("user_id", Value::Int(0), None, Unnamed::Nobody),
            ("uid", Value::Text("0".into()), None, Unnamed::Nobody),
            ("user_id", Value::Int(12), Some("12"), Unnamed::Unknown),
        ] {
            let data = Value::Map(vec![(name.into(), id)]);
            assert_eq!(super::user(&data).as_deref(), user);
            let Whose::Container(own) = WHOSE else { unreachable!("it is a container") };
            assert_eq!(whose::container(&own(&data).expect("members")), unnamed, "{name}");
        }
    }
}
