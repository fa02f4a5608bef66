//! The configuration file: profiles with a store, a layout's options, and defaults.
//!
//! ```toml
//! [profiles.shop]
//! store = "rediss://admin@cache.example:6380/2"
//! password_file = "~/.config/sessctl/shop.password"
//! layout = "connect-redis"
//! max = 500
//! production = true                     # the question wants the number, and so does --yes
//! protected_users = ["admin", "svc-*"]  # also protected_layouts, protected_prefixes
//! rate = "500/s"                        # also latency_budget = "5ms", max_lag = "1MiB"
//! audit = "/var/log/sessctl/audit.jsonl"
//! syslog = true                         # or the path of its socket
//!
//! [profiles.shop.options]
//! prefix = "shop:sess:"
//! cookie_secret = { env = "SHOP_COOKIE_SECRET" }
//! ```
//!
//! Instead of `store`, `stores` lists several that are asked as one: addresses, for which all else is as in the
//! profile, and names of other profiles, such as `stores = ["cache", "database"]`.
//!
//! `default_profile = "shop"` on top names the profile that is used when none is named; without it that
//! is the one called `default`. `[layouts.NAME]` describes a store that no layout knows; see the module `layouts`.
//!
//! A flag goes before the environment, the environment before the profile, the profile before the
//! default. Whatever is misspelt is an error with its line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::change::audit;
use crate::change::guard::Guards;
use crate::change::pace;
use crate::fault::{Usage, did_you_mean, nearest};
use crate::frameworks;
use crate::home;
use crate::layout::Described;
use crate::layout::setup::Setting;
pub use crate::secret::Secret;
use crate::text::units::{duration, timeout};

mod layouts;
pub mod show;

/// At how many sessions a change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Max {
    Sessions(u64),
    None,
}

impl Max {
    pub fn limit(self) -> Option<u64> {
        match self {
            Max::Sessions(count) => Some(count),
            Max::None => None,
        }
    }
}

impl std::str::FromStr for Max {
    type Err = String;

    fn from_str(text: &str) -> Result<Max, String> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Max::None);
        }
        text.parse().map(Max::Sessions).map_err(|_| "give a whole number, or none".to_string())
    }
}

/// What a profile sets; everything that it leaves out is `None` or empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    pub name: Option<String>,
    pub store: Option<Secret>,
    /// The stores that are asked as one, each as a profile of its own: this one with another store, or one
    /// that it names.
    pub stores: Vec<Profile>,
    pub layout: Vec<String>,
    pub options: BTreeMap<String, Setting>,
    /// Where each option stands, to say so where a layout does not take it.
    pub places: BTreeMap<String, String>,
    pub prefix: Option<String>,
    pub matching: Option<String>,
    pub mask: Option<bool>,
    pub output: Option<String>,
    pub max: Option<Max>,
    pub read_only: Option<bool>,
    pub timeout: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub password_file: Option<PathBuf>,
    pub password_command: Option<String>,
    pub cacert: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub sni: Option<String>,
    pub insecure: Option<bool>,
    pub sentinel_password_file: Option<PathBuf>,
    pub audit: audit::Settings,
    pub limits: pace::Limits,
    pub guards: Guards,
    /// How long a session may live from now.
    pub max_ttl: Option<Duration>,
    /// The layouts that the file describes, which are not the profile's alone.
    pub layouts: Vec<Described>,
    /// Something that the user should be told once.
    pub warning: Option<String>,
}

/// The keys of the file itself.
const TOP: &[&str] = &["default_profile", "layouts", "profiles"];

/// The keys of a profile.
pub const KEYS: &[&str] = &[
    "store",
    "stores",
    "layout",
    "options",
    "prefix",
    "match",
    "mask",
    "output",
    "max",
    "max_ttl",
    "read_only",
    "timeout",
    "connect_timeout",
    "password_file",
    "password_command",
    "sentinel_password_file",
    "cacert",
    "cert",
    "key",
    "sni",
    "insecure",
    "audit",
    "syslog",
    "rate",
    "latency_budget",
    "max_lag",
    "protected_users",
    "protected_layouts",
    "protected_prefixes",
    "production",
];

/// The profile that is used when it is there and none is named.
const DEFAULT: &str = "default";

/// Where the file is looked for when none is named.
pub fn default_path() -> Option<PathBuf> {
    Some(home::config()?.join("sessctl").join("config.toml"))
}

/// Reads the profile: of that name, otherwise `default` where the file has one, otherwise an empty one.
pub fn load(file: Option<&Path>, name: Option<&str>) -> anyhow::Result<Profile> {
    let place = file.map(Path::to_path_buf).or_else(default_path);
    let Some(place) = place else {
        return absent(name, "no home directory to look for a configuration file in");
    };
    let text = match read_bounded(&place) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => {
            return absent(name, &format!("no configuration file {}", place.display()));
        }
        Err(error) => {
            return Err(error).with_context(|| format!("reading the configuration file {}", place.display()));
        }
    };
    let mut profile = read(&text, &place, name)?;
    if profile.warning.is_some() && !readable_by_others(&place) {
        profile.warning = None;
    }
    Ok(profile)
}

/// Bytes of a file of configuration or of a secret; a device has no end.
const LONGEST: u64 = 4 << 20;

/// All of a text file, unless it is longer than any that people write.
pub fn read_bounded(path: &Path) -> std::io::Result<String> {
    use std::io::{Error, ErrorKind, Read as _};
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(Error::new(ErrorKind::InvalidData, "it is longer than 4 MiB"));
    }
    Ok(text)
}

fn absent(name: Option<&str>, why: &str) -> anyhow::Result<Profile> {
    match name {
        None => Ok(Profile::default()),
        Some(name) => Err(Usage::new(format!("no profile `{name}`"))
            .hint(format!("{why}; name one with --config FILE"))
            .into()),
    }
}

#[cfg(unix)]
fn readable_by_others(place: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(place).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}

/// One file while it is read, to say where something is wrong.
struct Reader<'t> {
    text: &'t str,
    place: &'t Path,
    /// A secret stands in the file itself.
    secret: bool,
}

type Name<'t> = Spanned<Cow<'t, str>>;
type Entry<'e, 't> = (&'e Name<'t>, &'e Spanned<DeValue<'t>>);

/// The profile from the file's text. `warning` is set if it holds a secret; whether others can read
/// the file is for the caller to find out.
fn read(text: &str, place: &Path, name: Option<&str>) -> anyhow::Result<Profile> {
    let mut reader = Reader { text, place, secret: false };
    let parsed = DeTable::parse(text)
        .map_err(|error| reader.wrong(error.span().map_or(0, |span| span.start), error.message()))?;
    let mut profiles = None;
    let mut chosen = None;
    let mut own = Vec::new();
    for (key, value) in parsed.get_ref() {
        match key.get_ref().as_ref() {
            "profiles" => profiles = Some(value),
            "layouts" => own = reader.layouts(value)?,
            "default_profile" => chosen = Some((key.span().start, reader.text(key, value)?)),
            other => return Err(reader.unknown(key.span().start, other, TOP)),
        }
    }
    let mut known = Vec::new();
    let mut found = None;
    let wanted = name.or(chosen.as_ref().map(|(_, name)| name.as_str())).unwrap_or(DEFAULT);
    if let Some(profiles) = profiles {
        let Some(table) = profiles.get_ref().as_table() else {
            return Err(reader
                .wrong(profiles.span().start, "`profiles` must consist of tables such as [profiles.shop]"));
        };
        for (key, value) in table {
            let Some(entries) = value.get_ref().as_table() else {
                let what =
                    format!("a profile must be a table such as [profiles.shop]; `{}` is not", key.get_ref());
                return Err(reader.wrong(key.span().start, what));
            };
            // A misspelt key is an error in every profile: it may have been meant to protect.
            for (key, _) in entries {
                if !KEYS.contains(&key.get_ref().as_ref()) {
                    return Err(reader.unknown(key.span().start, key.get_ref(), KEYS));
                }
            }
            known.push(key.get_ref().to_string());
            if key.get_ref() == wanted {
                found = Some(entries);
            }
        }
    }
    let Some(entries) = found else {
        return match (name, chosen) {
            (None, Some((at, name))) => {
                let what = format!("`default_profile` names the profile `{name}`, which does not exist");
                let known = if known.is_empty() { "none".to_string() } else { known.join(", ") };
                let hint = format!("available profiles: {known}");
                Err(Usage::new(reader.located(at, &what)).hint(hint).into())
            }
            (None, None) => Ok(Profile { layouts: own, ..Profile::default() }),
            (Some(name), _) => {
                let known = if known.is_empty() { "none".to_string() } else { known.join(", ") };
                let what = format!("no profile `{name}` in {}", place.display());
                Err(Usage::new(what).hint(format!("available profiles: {known}")).into())
            }
        };
    };
    let mut profile = Profile { name: Some(wanted.to_string()), layouts: own, ..Profile::default() };
    profile.guards.profile = wanted.to_string();
    for entry in entries {
        reader.set(&mut profile, entry)?;
    }
    if let Some(entry) = entries.iter().find(|(key, _)| key.get_ref() == "stores") {
        if profile.store.is_some() {
            let what = "a profile has `store` or `stores`, but not both";
            return Err(reader.wrong(entry.0.span().start, what));
        }
        let others = profiles.and_then(|profiles| profiles.get_ref().as_table());
        profile.stores = reader.stores(&profile, entry, others.unwrap_or(entries))?;
    }
    if reader.secret {
        profile.warning = Some(format!(
            "{} holds a secret and can be read by others; chmod 600 it, or move the secret out with \
             {{ env = \"NAME\" }} or {{ file = \"PATH\" }}",
            place.display()
        ));
    }
    Ok(profile)
}

impl Profile {
    /// Where its store is.
    pub fn address(&self) -> Option<&str> {
        self.store.as_ref().map(Secret::reveal)
    }

    /// As one of the stores of another profile, which says how all of them are shown and how many sessions
    /// may be changed, and whose protection holds next to this one's.
    fn under(self, all: &Profile) -> Profile {
        let mut guards = self.guards;
        guards.join(&all.guards);
        Profile {
            name: all.name.clone(),
            mask: all.mask.or(self.mask),
            output: all.output.clone().or(self.output),
            max: all.max.or(self.max),
            read_only: if all.read_only == Some(true) { all.read_only } else { self.read_only },
            audit: if all.audit == audit::Settings::default() { self.audit } else { all.audit.clone() },
            guards,
            ..self
        }
    }
}

impl Reader<'_> {
    /// The stores that a profile lists: addresses, for which all else is as in this profile, and names of
    /// other profiles, which say by themselves how their store is reached, what is in it, and what is protected.
    fn stores<'t>(
        &mut self,
        profile: &Profile,
        (key, value): Entry<'_, 't>,
        profiles: &DeTable<'t>,
    ) -> anyhow::Result<Vec<Profile>> {
        let mut stores: Vec<Profile> = Vec::new();
        for name in self.list(key, value)? {
            let other = profiles.iter().find(|(key, _)| *key.get_ref() == name);
            let one = match other {
                None if is_address(&name) => {
                    // Unless it is a reference, which says where it comes from.
                    self.secret |= holds_password(&name) && self.text.contains(&name);
                    Profile { store: Some(Secret::new(name.clone())), ..profile.clone() }
                }
                None => {
                    let what = format!("`stores` names the profile `{name}`, which does not exist");
                    let known: Vec<&str> = profiles.iter().map(|(key, _)| &**key.get_ref()).collect();
                    return Err(Usage::new(self.located(key.span().start, &what))
                        .hint(did_you_mean(&name, known))
                        .into());
                }
                Some((_, other)) => {
                    let mut one = Profile { layouts: profile.layouts.clone(), ..Profile::default() };
                    one.guards.profile.clone_from(&name);
                    for entry in other.get_ref().as_table().into_iter().flatten() {
                        if entry.0.get_ref() == "stores" {
                            let what = format!("the profile `{name}` has several stores itself");
                            return Err(self.wrong(key.span().start, what));
                        }
                        self.set(&mut one, entry)?;
                    }
                    one.under(profile)
                }
            };
            if stores.iter().any(|other| other.store == one.store) {
                return Err(self.wrong(key.span().start, "`stores` names the same store twice"));
            }
            stores.push(one);
        }
        if stores.is_empty() {
            return Err(self.form(key, "a list of stores or profiles"));
        }
        Ok(stores)
    }

    fn set(&mut self, profile: &mut Profile, (key, value): Entry<'_, '_>) -> anyhow::Result<()> {
        match key.get_ref().as_ref() {
            "store" => {
                let store = self.text(key, value)?;
                self.secret |= value.get_ref().is_str() && holds_password(&store);
                profile.store = Some(Secret::new(store));
            }
            // Once all else of the profile is known.
            "stores" => {}
            "layout" => {
                profile.layout = match self.setting(key, value)? {
                    Setting::Text(text) => vec![text],
                    Setting::Texts(texts) => texts,
                    _ => return Err(self.form(key, "a string or a list of strings")),
                }
            }
            "options" => {
                let Some(table) = value.get_ref().as_table() else {
                    return Err(self.form(key, "a table"));
                };
                for (option, value) in table {
                    let setting = self.setting(option, value)?;
                    if is_secret(option.get_ref()) && !is_reference(value) {
                        self.secret = true;
                    }
                    let place = format!("{}, line {}", self.place.display(), self.line(option.span().start));
                    profile.places.insert(option.get_ref().to_string(), place);
                    profile.options.insert(option.get_ref().to_string(), setting);
                }
            }
            "prefix" => profile.prefix = Some(self.text(key, value)?),
            "match" => profile.matching = Some(self.text(key, value)?),
            "mask" => profile.mask = Some(self.flag(key, value)?),
            "read_only" => profile.read_only = Some(self.flag(key, value)?),
            "insecure" => profile.insecure = Some(self.flag(key, value)?),
            "output" => profile.output = Some(self.text(key, value)?),
            "max" => {
                profile.max = Some(match self.setting(key, value)? {
                    Setting::Number(number) if number >= 0 => Max::Sessions(number.unsigned_abs()),
                    Setting::Text(text) if text == "none" => Max::None,
                    _ => return Err(self.form(key, "a whole number, or \"none\"")),
                });
            }
            "max_ttl" => {
                let span = duration(&self.text(key, value)?);
                profile.max_ttl = Some(span.map_err(|_| self.form(key, "a duration such as \"14d\""))?);
            }
            "timeout" => profile.timeout = Some(self.duration(key, value)?),
            "connect_timeout" => profile.connect_timeout = Some(self.duration(key, value)?),
            "password_file" => profile.password_file = Some(self.path(key, value)?),
            "password_command" => {
                let command = self.text(key, value)?;
                if command.trim().is_empty() {
                    return Err(self.form(key, "a command for the shell"));
                }
                profile.password_command = Some(command);
            }
            "cacert" => profile.cacert = Some(self.path(key, value)?),
            "cert" => profile.cert = Some(self.path(key, value)?),
            "key" => profile.key = Some(self.path(key, value)?),
            "audit" => {
                let path = self.path(key, value)?;
                let taken = path.extension().is_some_and(|ending| ending == "head" || ending == "key");
                if taken || path.file_name().is_none() {
                    return Err(self.form(key, "a file whose name does not end in .head or .key"));
                }
                profile.audit.path = Some(path);
            }
            "syslog" => {
                profile.audit.syslog = match self.setting(key, value)? {
                    Setting::Flag(true) => Some(audit::Settings::system_log()),
                    Setting::Flag(false) => None,
                    Setting::Text(path) => Some(self.expand(&path)),
                    _ => return Err(self.form(key, "true, false or the path of a socket")),
                }
            }
            "rate" => profile.limits.rate = Some(self.limit(key, value)?),
            "latency_budget" => profile.limits.latency = Some(self.limit(key, value)?),
            "max_lag" => profile.limits.lag = Some(self.limit(key, value)?),
            "protected_users" => profile.guards.users = self.list(key, value)?,
            "protected_prefixes" => profile.guards.prefixes = self.list(key, value)?,
            "protected_layouts" => {
                profile.guards.layouts = self.list(key, value)?;
                // A guard that guards nothing is worse than none.
                for name in &profile.guards.layouts {
                    let own = profile.layouts.iter().map(|layout| layout.name.as_str());
                    let mut names = frameworks::BUILT_IN.all().map(|layout| layout.name).chain(own);
                    if !names.clone().any(|known| known == name) {
                        let what = format!("unknown layout `{name}`");
                        let hint = nearest(name, names.by_ref()).map_or_else(
                            || "`sessctl layouts` lists all of them".to_string(),
                            |near| format!("did you mean `{near}`?"),
                        );
                        return Err(Usage::new(self.located(key.span().start, &what)).hint(hint).into());
                    }
                }
            }
            "production" => profile.guards.production = self.flag(key, value)?,
            "sni" => profile.sni = Some(self.text(key, value)?),
            "sentinel_password_file" => profile.sentinel_password_file = Some(self.path(key, value)?),
            other => return Err(self.unknown(key.span().start, other, KEYS)),
        }
        Ok(())
    }

    /// A value as an option takes it, with references resolved.
    fn setting(&self, key: &Name<'_>, value: &Spanned<DeValue<'_>>) -> anyhow::Result<Setting> {
        Ok(match value.get_ref() {
            DeValue::String(text) => Setting::Text(text.to_string()),
            DeValue::Boolean(flag) => Setting::Flag(*flag),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                Setting::Number(parsed.map_err(|_| self.form(key, "a smaller number"))?)
            }
            DeValue::Array(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items {
                    texts.push(self.text(key, item)?);
                }
                Setting::Texts(texts)
            }
            DeValue::Table(table) if is_reference(value) => {
                let mut text = String::new();
                for (kind, name) in table {
                    let Some(name) = name.get_ref().as_str() else {
                        return Err(self.form(kind, "a string"));
                    };
                    text = self.resolve(key, kind.get_ref(), name)?;
                }
                Setting::Text(text)
            }
            DeValue::Table(table) => {
                let mut members = BTreeMap::new();
                for (member, value) in table {
                    let texts = match self.setting(member, value)? {
                        Setting::Text(text) => vec![text],
                        Setting::Texts(texts) => texts,
                        _ => return Err(self.form(member, "a string or a list of strings")),
                    };
                    members.insert(member.get_ref().to_string(), texts);
                }
                Setting::Table(members)
            }
            DeValue::Float(_) | DeValue::Datetime(_) => {
                return Err(self.form(key, "a string, a whole number, true or false"));
            }
        })
    }

    /// What `{ env = … }` or `{ file = … }` stands for.
    fn resolve(&self, key: &Name<'_>, kind: &str, name: &str) -> anyhow::Result<String> {
        let key_name = key.get_ref();
        if kind == "env" {
            return std::env::var(name).map_err(|_| {
                let what =
                    format!("the environment variable {name}, which `{key_name}` refers to, is not set");
                Usage::new(what)
                    .hint(format!("line {} of {}", self.line(key.span().start), self.place.display()))
                    .into()
            });
        }
        let path = self.expand(name);
        let text = read_bounded(&path)
            .with_context(|| format!("reading {}, which `{key_name}` refers to", path.display()))?;
        // Editors end a file with a line break that is not a part of the secret.
        let text = text.strip_suffix('\n').unwrap_or(&text);
        Ok(text.strip_suffix('\r').unwrap_or(text).to_string())
    }

    fn text(&self, key: &Name<'_>, value: &Spanned<DeValue<'_>>) -> anyhow::Result<String> {
        match self.setting(key, value)? {
            Setting::Text(text) => Ok(text),
            _ => Err(self.form(key, "a string")),
        }
    }

    /// A list of strings that say something.
    fn list(&self, key: &Name<'_>, value: &Spanned<DeValue<'_>>) -> anyhow::Result<Vec<String>> {
        match self.setting(key, value)? {
            Setting::Texts(texts) if texts.iter().all(|text| !text.is_empty()) => Ok(texts),
            Setting::Text(text) if !text.is_empty() => Ok(vec![text]),
            _ => Err(self.form(key, "a list of non-empty strings")),
        }
    }

    /// A limit in the words of the command line.
    fn limit<T>(&self, key: &Name<'_>, value: &Spanned<DeValue<'_>>) -> anyhow::Result<T>
    where
        T: std::str::FromStr<Err = String>,
    {
        let text = match self.setting(key, value)? {
            Setting::Text(text) => text,
            Setting::Number(number) => number.to_string(),
            _ => String::new(),
        };
        text.parse().map_err(|why| self.wrong(key.span().start, format!("`{}`: {why}", key.get_ref())))
    }

    fn flag(&self, key: &Name<'_>, value: &Spanned<DeValue<'_>>) -> anyhow::Result<bool> {
        value.get_ref().as_bool().ok_or_else(|| self.form(key, "true or false"))
    }

    fn path(&self, key: &Name<'_>, value: &Spanned<DeValue<'_>>) -> anyhow::Result<PathBuf> {
        Ok(self.expand(&self.text(key, value)?))
    }

    fn duration(&self, key: &Name<'_>, value: &Spanned<DeValue<'_>>) -> anyhow::Result<Duration> {
        let text = match self.setting(key, value)? {
            Setting::Text(text) => text,
            Setting::Number(seconds) => seconds.to_string(),
            _ => String::new(),
        };
        timeout(&text).map_err(|_| self.form(key, "a time such as \"500ms\", \"5s\" or 5"))
    }

    /// `~` is the home directory; a relative path starts at the file's own directory.
    fn expand(&self, path: &str) -> PathBuf {
        if let Some(rest) = path.strip_prefix("~/")
            && let Ok(home) = etcetera::home_dir()
        {
            return home.join(rest);
        }
        self.place.parent().unwrap_or(Path::new("")).join(path)
    }

    fn form(&self, key: &Name<'_>, expected: &str) -> anyhow::Error {
        self.wrong(key.span().start, format!("`{}` must be {expected}", key.get_ref()))
    }

    fn unknown(&self, at: usize, key: &str, known: &[&str]) -> anyhow::Error {
        Usage::new(self.located(at, &format!("unknown key `{key}`")))
            .hint(did_you_mean(key, known.iter().copied()))
            .into()
    }

    fn wrong(&self, at: usize, what: impl AsRef<str>) -> anyhow::Error {
        Usage::new(self.located(at, what.as_ref())).into()
    }

    fn located(&self, at: usize, what: &str) -> String {
        format!("{}, line {}: {what}", self.place.display(), self.line(at))
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
    }
}

/// Whether a password stands in the address of a store.
fn holds_password(store: &str) -> bool {
    let authority = store.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest));
    let login = authority.and_then(|authority| Some(authority.rsplit_once('@')?.0));
    login.is_some_and(|login| login.contains(':'))
        || crate::store::redis::target::Target::parse(store).is_ok_and(|target| target.password.is_some())
}

/// Whether it says where a store is, as the name of a profile does not.
fn is_address(store: &str) -> bool {
    store.contains([':', '/', '.'])
}

fn is_reference(value: &Spanned<DeValue<'_>>) -> bool {
    let names = ["env", "file"];
    value.get_ref().as_table().is_some_and(|table| {
        table.len() == 1 && table.keys().all(|key| names.contains(&key.get_ref().as_ref()))
    })
}

/// Whether any layout calls this option a secret.
fn is_secret(option: &str) -> bool {
    crate::frameworks::BUILT_IN
        .all()
        .flat_map(|layout| layout.options)
        .any(|spec| spec.secret && spec.name == option)
}

/// The layouts that a configuration describes.
#[cfg(test)]
pub(crate) fn layouts_of(text: &str) -> anyhow::Result<Vec<Described>> {
    Ok(read(text, Path::new("/etc/sessctl.toml"), None)?.layouts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, name: Option<&str>) -> anyhow::Result<Profile> {
        read(text, Path::new("/etc/sessctl.toml"), name)
    }

    #[test]
    fn a_profile_is_read() {
        let text = r#"
            [profiles.shop]
            store = "redis://db1/2"
            layout = ["connect-redis"]
            mask = true
            max = "none"
            timeout = "500ms"
            connect_timeout = 2
            read_only = true
            match = "shop:*"
            cacert = "ca.pem"
            audit = "audit.jsonl"
            syslog = true
            rate = 500
            latency_budget = "5ms"
            max_lag = "1MiB"
            protected_users = ["admin"]
            protected_layouts = "nodebb"
            production = true
            [profiles.shop.options]
            cookie_secret = ["a", "b"]
            rolling = false
            cost = 0x10
            keys = { one = "1", two = ["2", "3"] }
            [profiles.other]
            max = 5
        "#;
        let profile = of(text, Some("shop")).expect("well written");
        assert_eq!(profile.name.as_deref(), Some("shop"));
        assert_eq!(profile.store.as_ref().map(Secret::reveal), Some("redis://db1/2"));
        assert_eq!(profile.layout, ["connect-redis"]);
        assert_eq!((profile.mask, profile.read_only, profile.max), (Some(true), Some(true), Some(Max::None)));
        assert_eq!(profile.timeout, Some(Duration::from_millis(500)));
        assert_eq!(profile.connect_timeout, Some(Duration::from_secs(2)));
        assert_eq!(profile.matching.as_deref(), Some("shop:*"));
        assert_eq!(profile.cacert.as_deref(), Some(Path::new("/etc/ca.pem")));
        assert!(matches!(&profile.options["cookie_secret"], Setting::Texts(texts) if texts == &["a", "b"]));
        assert!(matches!(profile.options["rolling"], Setting::Flag(false)));
        assert!(matches!(profile.options["cost"], Setting::Number(16)));
        assert!(matches!(&profile.options["keys"], Setting::Table(table) if table["two"] == ["2", "3"]));
        assert_eq!(profile.audit.path.as_deref(), Some(Path::new("/etc/audit.jsonl")));
        assert_eq!(profile.audit.syslog.as_deref(), Some(Path::new("/dev/log")));
        assert_eq!(profile.limits.rate, "500/s".parse().ok());
        assert_eq!(profile.limits.latency, Some(pace::Budget(Duration::from_millis(5))));
        assert_eq!(profile.limits.lag, Some(pace::MaxLag::Bytes(1 << 20)));
        assert_eq!(
            (&profile.guards.users[..], profile.guards.production),
            (&["admin".to_string()][..], true)
        );
        assert_eq!(profile.guards.layouts, ["nodebb"]);
        assert!(profile.warning.is_some(), "a secret stands in the file");
        assert_eq!(of(text, None).expect("well written"), Profile::default());
        assert!(!format!("{profile:?}").contains("db1"));
    }

    #[test]
    fn the_profile_default_needs_no_name() {
        let profile = of("[profiles.default]\nmax = 7", None).expect("well written");
        assert_eq!(profile.max.and_then(Max::limit), Some(7));
        assert!(profile.warning.is_none());
    }

    #[test]
    fn the_file_may_say_which_profile_is_used_when_none_is_named() {
        let text = "default_profile = \"shop\"\n[profiles.shop]\nmax = 7\n[profiles.default]\nmax = 8";
        assert_eq!(of(text, None).expect("well written").name.as_deref(), Some("shop"));
        assert_eq!(of(text, Some("default")).expect("well written").name.as_deref(), Some("default"));
        let told = crate::error::tell(&of("default_profile = \"x\"\n[profiles.a]", None).expect_err("none"));
        assert_eq!(told.exit, crate::exit::Exit::Usage);
        assert!(told.lines[0].contains("line 1: `default_profile` names the profile `x`"), "{told:?}");
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let cases = [
            ("[profiles.a]\nstroe = \"x\"", "line 2: unknown key `stroe`", "did you mean `store`?"),
            ("[profile.a]\nstore = \"x\"", "line 1: unknown key `profile`", "did you mean `profiles`?"),
            ("[profiles.a]\n\nmask = 1", "line 3: `mask` must be true or false", ""),
            ("[profiles.a]\nmax = \"all\"", "line 2: `max` must be a whole number", ""),
            ("[profiles.a]\ntimeout = \"soon\"", "line 2: `timeout` must be a time", ""),
            ("[profiles.a]\nstore = [", "line 2", ""),
            ("[profiles.b]", "no profile `a`", "available profiles: b"),
            ("", "no profile `a`", "available profiles: none"),
            ("[profiles.a]\nrate = \"fast\"", "line 2: `rate`: give sessions per second", ""),
            ("[profiles.a]\nmax_lag = 5", "line 2: `max_lag`: give a time such as 5s", ""),
            ("[profiles.a]\nprotected_users = [\"\"]", "line 2: `protected_users` must be a list", ""),
            (
                "[profiles.a]\nprotected_layouts = [\"nodeb\"]",
                "unknown layout `nodeb`",
                "did you mean `nodebb`?",
            ),
            ("[profiles.a]\naudit = \"x.key\"", "line 2: `audit` must be a file", ""),
            ("[profiles.a]\nsni = 1", "`sni` must be a string", ""),
            ("[profiles.a]\noptions = { x = 1.5 }", "line 2: `x` must be", ""),
            ("[profiles.a]\nstore = { env = \"SESSCTL_TEST_UNSET\" }", "SESSCTL_TEST_UNSET", "line 2 of"),
            ("[profiles.b]\nmaxx = 1\n[profiles.a]", "line 2: unknown key `maxx`", "did you mean `max`?"),
        ];
        for (text, expected, hint) in cases {
            let told = crate::error::tell(&of(text, Some("a")).expect_err(text));
            assert_eq!(told.exit, crate::exit::Exit::Usage, "{text}");
            assert!(told.lines.join("\n").contains(expected), "{text}: {:?}", told.lines);
            assert!(told.hint.unwrap_or_default().contains(hint), "{text}");
        }
    }

    #[test]
    fn references_are_no_secret_in_the_file() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("secret"), "hunter2\n").expect("written");
        let text = "[profiles.a.options]\ncookie_secret = { file = \"secret\" }";
        let profile = read(text, &dir.path().join("config.toml"), Some("a")).expect("well written");
        assert!(matches!(&profile.options["cookie_secret"], Setting::Text(text) if text == "hunter2"));
        assert!(profile.warning.is_none());
    }

    #[test]
    fn times_and_limits_are_read() {
        for (text, millis) in [("5", 5000), ("500ms", 500), ("2 m", 120_000), ("3s", 3000), ("1.5s", 1500)] {
            assert_eq!(timeout(text), Ok(Duration::from_millis(millis)));
        }
        for text in ["", "s", "-1", "1.5", "25h", "0", "99999999999999999999", "999999999m"] {
            assert!(timeout(text).is_err(), "{text}");
        }
        assert_eq!("none".parse(), Ok(Max::None));
        assert!("-1".parse::<Max>().is_err());
    }
}
