//! A layout as it is configured for one run: the facts together with prefix, secrets and options.

use crate::exit::{Advice, Exit};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{Layout, Rank};

/// An option that a layout knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionSpec {
    pub name: &'static str,
    pub kind: OptionKind,
    pub secret: bool,
    pub about: &'static str,
}

/// What an option may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    Text,
    /// A string, or a list of strings.
    Texts,
    Flag,
    Number,
    /// A table of strings or lists of strings.
    Table,
}

impl OptionSpec {
    pub const fn new(name: &'static str, kind: OptionKind, about: &'static str) -> Self {
        OptionSpec { name, kind, secret: false, about }
    }

    pub const fn secret(name: &'static str, kind: OptionKind, about: &'static str) -> Self {
        OptionSpec { name, kind, secret: true, about }
    }
}

/// The options that every layout knows.
pub const COMMON: &[OptionSpec] = &[
    OptionSpec::new("prefix", OptionKind::Text, "what precedes the id in a key"),
    OptionSpec::new("key_prefix", OptionKind::Text, "the Redis client's own prefix, before every key"),
    OptionSpec::new("cookie_name", OptionKind::Text, "the cookie's name"),
    OptionSpec::new(
        "user_path",
        OptionKind::Texts,
        "where the application keeps its user, such as auth.user.id",
    ),
];

// Options of cookie schemes that several layouts, and those of a configuration file, share.

/// Secrets that sign a cookie; any may have signed.
pub const COOKIE_SECRET: OptionSpec =
    OptionSpec::secret("cookie_secret", OptionKind::Texts, "the secret or secrets that sign the cookie");

/// Keys that sign cookies; any may have signed.
pub const COOKIE_KEYS: OptionSpec =
    OptionSpec::secret("cookie_keys", OptionKind::Texts, "the application's keys, which sign its cookies");

/// Passwords that a sealed cookie opens with.
pub const COOKIE_ENCRYPTION_KEY: OptionSpec = OptionSpec::secret(
    "cookie_encryption_key",
    OptionKind::Texts,
    "the password or passwords that seal the cookie",
);

/// How the cookie crate of Rust keeps a value.
pub const JAR_MODE: OptionSpec = OptionSpec::new(
    "cookie_mode",
    OptionKind::Text,
    "plain, signed or private; taken from the cookie where not given",
);

/// The key of a jar of the cookie crate, or what it is derived of.
pub const JAR_KEY: OptionSpec = OptionSpec::secret(
    "cookie_key_hex",
    OptionKind::Text,
    "the key of the cookie jar, in hexadecimal digits",
);

/// The keys of gorilla/securecookie.
pub const HASH_KEY: OptionSpec =
    OptionSpec::secret("cookie_hash_key", OptionKind::Texts, "the key or keys that sign the cookie");

pub const BLOCK_KEY: OptionSpec = OptionSpec::secret(
    "cookie_block_key",
    OptionKind::Texts,
    "the key or keys that encrypt the cookie, if any",
);

/// What the application writes, where whatever it is is read.
pub const SERIALIZER: OptionSpec =
    OptionSpec::new("serializer", OptionKind::Text, "what the application writes; any of them is read");

/// An option's value, read from the configuration with `env` and `file` references resolved.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Setting {
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
    Number(i64),
    Table(BTreeMap<String, Vec<String>>),
}

/// Settings hold secrets; nothing of them may reach a log.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

/// An option that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    #[error("the layout {layout} has no option `{option}`")]
    Unknown { layout: String, option: String, near: Option<String>, known: Vec<&'static str> },
    #[error("no layout has an option `{option}`")]
    Nowhere { option: String, near: Option<String> },
    #[error("option `{option}` of the layout {layout} must be {expected}")]
    Form { layout: String, option: String, expected: &'static str },
    #[error("unknown layout `{name}`")]
    Layout { name: String, near: Vec<&'static str> },
}

impl Advice for OptionError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            OptionError::Unknown { near: Some(near), .. } | OptionError::Nowhere { near: Some(near), .. } => {
                format!("did you mean `{near}`?")
            }
            OptionError::Unknown { known, .. } => format!("available: {}", known.join(", ")),
            OptionError::Form { layout, .. } => format!("`sessctl layouts {layout}` explains its options"),
            OptionError::Layout { near, .. } if !near.is_empty() => {
                format!("did you mean `{}`?", near.join("` or `"))
            }
            OptionError::Nowhere { .. } => {
                "name the profile's `layout`; `sessctl layouts NAME` lists its options".to_string()
            }
            OptionError::Layout { .. } => "`sessctl layouts` lists all of them".to_string(),
        })
    }
}

/// A layout and its settings, checked once; what every layout function gets.
#[derive(Debug, Clone)]
pub struct Setup {
    pub layout: &'static Layout,
    /// Whether the user named this layout; then its prefix and its own test decide alone.
    pub named: bool,
    /// Layouts whose sessions may look the same, where the user named none. What they would end goes with
    /// a session of this one, and has no effect where the session is not theirs.
    pub alike: Vec<&'static Layout>,
    /// The store that it is asked of, where several are named.
    pub store: Option<Arc<str>>,
    settings: BTreeMap<&'static str, Setting>,
    /// What [`Setup::known_lead`] found out, which is asked for with every key.
    lead: OnceLock<Option<Vec<u8>>>,
    /// Keys that were made of its secrets, where making them takes long.
    keys: OnceLock<Vec<[u8; 32]>>,
}

impl Setup {
    /// A layout without settings, as one of all that are asked.
    pub fn free(layout: &'static Layout) -> Setup {
        Setup {
            layout,
            named: false,
            alike: Vec::new(),
            store: None,
            settings: BTreeMap::new(),
            lead: OnceLock::new(),
            keys: OnceLock::new(),
        }
    }

    /// The layouts whose sessions may look the same; none where the user said which it is.
    pub fn alike(&self) -> &[&'static Layout] {
        if self.named { &[] } else { &self.alike }
    }

    /// A layout that the user named, with the options of the profile.
    pub fn named(
        layout: &'static Layout,
        options: impl IntoIterator<Item = (String, Setting)>,
    ) -> Result<Setup, OptionError> {
        let mut setup = Setup { named: true, ..Setup::free(layout) };
        for (name, setting) in options {
            setup.set(&name, setting)?;
        }
        Ok(setup)
    }

    /// Sets one option after checking that the layout knows it and that it has the right form.
    pub fn set(&mut self, name: &str, setting: Setting) -> Result<(), OptionError> {
        let layout = self.layout.name.to_string();
        let known = || COMMON.iter().chain(self.layout.options);
        let Some(spec) = known().find(|spec| spec.name == name) else {
            let near = known()
                .map(|spec| (strsim::jaro_winkler(name, spec.name), spec.name))
                .filter(|(score, _)| *score > 0.8)
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map(|(_, near)| near.to_string());
            let known = known().map(|spec| spec.name).collect();
            return Err(OptionError::Unknown { layout, option: name.to_string(), near, known });
        };
        let wrong = |expected| OptionError::Form { layout, option: name.to_string(), expected };
        let setting = match (spec.kind, setting) {
            (OptionKind::Texts, Setting::Text(text)) => Setting::Texts(vec![text]),
            (OptionKind::Text, Setting::Texts(mut texts)) if texts.len() == 1 => {
                Setting::Text(texts.remove(0))
            }
            (OptionKind::Text, setting @ Setting::Text(_))
            | (OptionKind::Texts, setting @ Setting::Texts(_))
            | (OptionKind::Flag, setting @ Setting::Flag(_))
            | (OptionKind::Number, setting @ Setting::Number(_))
            | (OptionKind::Table, setting @ Setting::Table(_)) => setting,
            (OptionKind::Text, _) => return Err(wrong("a string")),
            (OptionKind::Texts, _) => return Err(wrong("a string or a list of strings")),
            (OptionKind::Flag, _) => return Err(wrong("true or false")),
            (OptionKind::Number, _) => return Err(wrong("a whole number")),
            (OptionKind::Table, _) => return Err(wrong("a table")),
        };
        self.settings.insert(spec.name, setting);
        (self.lead, self.keys) = (OnceLock::new(), OnceLock::new());
        Ok(())
    }

    /// What was set, the secrets or all else.
    pub fn settings(&self, secret: bool) -> impl Iterator<Item = (&'static str, &Setting)> {
        let known = move |name: &str| {
            COMMON.iter().chain(self.layout.options).any(|spec| spec.name == name && spec.secret)
        };
        self.settings
            .iter()
            .map(|(name, setting)| (*name, setting))
            .filter(move |(name, _)| known(name) == secret)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.settings.get(name)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A list option; empty when it was not given.
    pub fn texts(&self, name: &str) -> &[String] {
        match self.settings.get(name) {
            Some(Setting::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The keys that its layout makes of its secrets, which are made once.
    pub fn keys(&self, make: impl FnOnce() -> Vec<[u8; 32]>) -> &[[u8; 32]] {
        self.keys.get_or_init(make)
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.settings.get(name)? {
            Setting::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        match self.settings.get(name)? {
            Setting::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A list inside a table option; empty when it was not given.
    pub fn table(&self, name: &str, member: &str) -> &[String] {
        match self.settings.get(name) {
            Some(Setting::Table(table)) => table.get(member).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }

    /// The Redis client's prefix, in front of every key of the application.
    pub fn key_prefix(&self) -> &str {
        self.text("key_prefix").unwrap_or("")
    }

    pub fn cookie_name(&self) -> &str {
        self.text("cookie_name").or(self.layout.cookie.name).unwrap_or("")
    }

    /// The usual `lead`: the client's prefix and the framework's, by default or by option.
    pub fn lead(&self) -> Vec<u8> {
        let prefix = self.text("prefix").unwrap_or(self.layout.keys.prefix);
        [self.key_prefix(), prefix].concat().into_bytes()
    }

    /// What session keys begin with, if that is known: the layout was named, a prefix was given, or the
    /// configuration file says it.
    pub fn known_lead(&self) -> Option<&[u8]> {
        let lead = self.lead.get_or_init(|| {
            let given = self.named
                || self.layout.described.is_some()
                || self.text(self.layout.keys.prefix_option).is_some()
                || self.text("prefix").is_some()
                || self.text("key_prefix").is_some();
            given.then(|| (self.layout.keys.lead)(self))
        });
        lead.as_deref()
    }

    /// All that session keys may begin with, if that is known.
    pub fn known_leads(&self) -> Vec<Vec<u8>> {
        let Some(lead) = self.known_lead() else { return Vec::new() };
        let others = self.layout.keys.other_leads.map(|others| others(self)).unwrap_or_default();
        std::iter::once(lead.to_vec()).chain(others).collect()
    }

    /// Whether the user said which keys are the sessions: by a prefix, or in the layout's own
    /// description.
    pub fn is_pointed(&self) -> bool {
        let given = |name: &str| self.text(name).is_some_and(|text| !text.is_empty());
        given(self.layout.keys.prefix_option)
            || given("prefix")
            || given("key_prefix")
            || self.layout.described.is_some_and(|described| described.key.has_text())
    }

    /// Whether whatever decodes under any key would be a session: then nothing is looked for until the
    /// user says under which.
    pub fn takes_anything(&self) -> bool {
        let tells = self.layout.described.is_none_or(|described| described.must_have.is_empty());
        self.layout.rank == Rank::OnlyNamed && tells && !self.is_pointed()
    }

    /// What precedes the id in this key: the prefix that companions share.
    pub fn before<'k>(&self, key: &'k [u8], id: &[u8]) -> &'k [u8] {
        key.strip_suffix(id).unwrap_or_else(|| {
            // Some frameworks write something after the id.
            let at = super::key::rfind(key, id).or_else(|| {
                // Of a row whose id is in another column than its key, the table.
                self.layout.keys.id_column?;
                memchr::memchr(b':', key).map(|at| at + 1)
            });
            &key[..at.unwrap_or(key.len())]
        })
    }
}

impl Setup {
    /// Whether the layout has an option of that name.
    pub fn knows(&self, option: &str) -> bool {
        COMMON.iter().chain(self.layout.options).any(|spec| spec.name == option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frameworks::BUILT_IN;

    #[test]
    fn an_option_counts_that_is_set_after_the_lead_was_asked_for() {
        let layout = BUILT_IN.by_name("connect-redis").expect("a layout");
        let mut setup = Setup::free(layout);
        assert_eq!(setup.known_lead(), None);
        setup.set("prefix", Setting::Text("s:".to_string())).expect("an option");
        assert_eq!(setup.known_lead(), Some(&b"s:"[..]));
        setup.set("key_prefix", Setting::Text("app:".to_string())).expect("an option");
        assert_eq!(setup.known_lead(), Some(&b"app:s:"[..]));
    }
}
