//! PHP's own session files (`session.save_handler=files`), whichever application wrote them.
//!
//! php-src 8.2 ext/session/mod_files.c; Debian php-common 93 sessionclean.

use std::borrow::Cow;

use super::{phpredis, symfony};
use crate::codec::php_session;
use crate::cookie;
use crate::layout::php::{self, Php, What};
use crate::layout::session::{Facts, Unnamed};
use crate::layout::{
    Blob, Cookie, Decoded, Ends, Extra, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Rank, Setup,
    Verdict, Whose, files, user,
};
use crate::store::{Kind, Medium};
use crate::value::Value;
use crate::wrap;

/// `session.gc_maxlifetime` unless it is set, in seconds.
const LIFETIME: i64 = 1440;
/// The names of files end at 255 bytes.
const LONGEST: usize = 250;

pub const LAYOUT: Layout = Layout {
    name: "php-files",
    about: "PHP native sessions in files: session.save_handler=files, the default of every PHP",
    family: "PHP",
    medium: Medium::File,
    page: "\
file     sess_<id> in session.save_path; with `N;` in front of that path in N folders of one
         character, the first N of the id. The id is up to 250 of [A-Za-z0-9,-], usually 26 or 32;
         shorter than 22 it is told as one only where the layout is named
value    what session.serialize_handler makes: php (name|value), php_serialize, php_binary,
         igbinary, msgpack; each file says which. An empty file is a session without data
expiry   the file's time and session.gc_maxlifetime after it, which the folder does not tell: the
         option gc_maxlifetime, 1440 seconds are assumed. `expired` means that the clean-up would
         remove it: until then such a session still opens, logged in as it was. Debian's clean-up
         goes by the inode's time of change, which nobody can set back; with folders below one
         another PHP cleans up nothing
user     what a framework's variables say, Symfony's and Moodle's among them; else by convention, as
         `sessctl layouts phpredis` lists them
times    the file's own: the last request that used the session, also one that only read
cookie   PHPSESSID (session.name) = the id, unsigned
end      the file. A request that runs writes into what is no longer in the folder: nothing comes
         back. No lock is waited for
beware   a folder may be shared by many sites, whose files only their owner tells apart. Between the
         last look at a file and its removal there are microseconds in which nothing guards it
",
    rank: Rank::Extension,
    keys: Keys { prefix: "sess_", kind: Kind::Hash, lead: |_| Vec::new(), locate, key_of, ..Keys::PLAIN },
    marks: &[Mark::Word("sess_")],
    options: &[
        OptionSpec::new(
            "gc_maxlifetime",
            OptionKind::Number,
            "session.gc_maxlifetime in seconds; 1440 unless set",
        ),
        OptionSpec::new(
            "save_path",
            OptionKind::Text,
            "session.save_path; of `N;MODE;PATH` the N says how deep the folders are",
        ),
        OptionSpec::new("save_handler", OptionKind::Text, "session.save_handler, which is files"),
        OptionSpec::new(
            "serialize_handler",
            OptionKind::Text,
            "session.serialize_handler, as a hint; the value decides",
        ),
        OptionSpec::new("sid_length", OptionKind::Number, "session.sid_length, as a hint; older ids stay"),
        OptionSpec::new(
            "sid_bits_per_character",
            OptionKind::Number,
            "session.sid_bits_per_character, as a hint",
        ),
        OptionSpec::new("contents", OptionKind::Text, "the framework on it, as a hint; the variables decide"),
    ],
    recognize,
    read,
    describe,
    whose: Whose::Container(members),
    cookie: Cookie {
        name: Some("PHPSESSID"),
        open: Some(|setup, given| cookie::bare::open(given, setup.cookie_name())),
        ..Cookie::PLAIN
    },
    ends: Ends {
        expire: |setup, _, end| files::by_mtime(end, lifetime(setup)),
        caveats: &[
            "Logging in with session_regenerate_id() may leave the old file with the same login: end by user, not by \
             one id.",
            "Applications with a remember-me cookie log the browser in again.",
        ],
        ..Ends::PLAIN
    },
    extra: Extra { broken: symfony::unreadable, ..Extra::PLAIN },
    ..Layout::PLAIN
};

fn lifetime(setup: &Setup) -> i64 {
    files::span(setup, "gc_maxlifetime", LIFETIME)
}

/// How many folders there are between the one of all sessions and a file, if that is known.
fn depth(setup: &Setup) -> Option<usize> {
    let path = setup.text("save_path")?;
    Some(path.split_once(';').map_or(0, |(depth, _)| depth.trim().parse().unwrap_or(0)))
}

fn prefix(setup: &Setup) -> &str {
    setup.text("prefix").unwrap_or(LAYOUT.keys.prefix)
}

fn key_of(setup: &Setup, id: &[u8]) -> Vec<u8> {
    let folders = id.iter().take(depth(setup).unwrap_or(0)).flat_map(|part| [*part, b'/']);
    folders.chain(prefix(setup).bytes()).chain(id.iter().copied()).collect()
}

fn locate(setup: &Setup, key: &[u8]) -> Option<Place> {
    let at = files::name_at(key);
    let id = key[at..].strip_prefix(prefix(setup).as_bytes())?;
    // Each folder is a character and a slash, and repeats the id.
    let repeats = key[..at].chunks(2).zip(id).all(|(folder, part)| folder == [*part, b'/']);
    let deep = at / 2;
    let fits =
        at.is_multiple_of(2) && deep <= id.len() && repeats && depth(setup).is_none_or(|depth| depth == deep);
    let start = key.len() - id.len();
    (fits && php::is_native(id) && id.len() <= LONGEST)
        .then(|| Place::after(key, start, setup.named || php::is_usual(id)))
}

/// Nothing lies around what PHP's encoders make.
pub(super) fn session<'b>(blob: &'b Blob<'_>) -> Option<&'b Php<'b>> {
    blob.php().filter(|php| matches!(php.what, What::Session(_)) && !php.is_wrapped())
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    let Some(place) = locate(setup, blob.key) else {
        return Verdict::no("the file is not called as PHP's are");
    };
    let id = &blob.key[place.id.clone()];
    if !place.usual {
        return Verdict::no("the id is shorter than those that PHP makes");
    }
    if session(blob).is_some() || blob.is_empty() || (blob.php().is_none() && blob.is_php_session()) {
        return Verdict::Sure;
    }
    // PHP removes such a file at the next request.
    if !setup.named && php::is_made(id) && matches!(blob.php_look(), php::Look::Broken) {
        return Verdict::Weak;
    }
    Verdict::no("what is in the file is not a PHP session")
}

pub(super) fn read<'b>(_: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    if let Some(Php { via, what: What::Session(value) }) = session(blob) {
        return Decoded { via: via.clone(), value: Ok(Cow::Borrowed(value)) };
    }
    let Some(text) = blob.text() else {
        return Decoded::failed(php_session::PHP.name, blob.unreadable(php_session::PHP.name));
    };
    if text.is_empty() {
        return Decoded::owned(php_session::PHP.name, Value::Map(Vec::new()));
    }
    match wrap::php::session(text, &blob.limits) {
        Ok((via, value)) => Decoded { via, value: Ok(Cow::Owned(value)) },
        Err((via, error)) => Decoded { via, value: Err(error) },
    }
}

fn is_symfony(data: &Value<'_>) -> bool {
    data.get("_sf2_attributes").is_some() || data.get("_sf2_meta").is_some()
}

/// Moodle keeps two objects and nothing else.
fn moodle<'v, 'a>(data: &'v Value<'a>) -> Option<&'v Value<'a>> {
    let is_object =
        |name: &str| matches!(data.get(name), Some(Value::Object(object)) if object.class == "stdClass");
    (is_object("USER") && is_object("SESSION")).then(|| data.get("USER"))?
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let facts = facts(setup, blob, data);
    Facts { seen: files::mtime(blob), ends: files::end(blob, lifetime(setup)), ..facts }
}

/// What the variables say, whichever application wrote them.
pub(super) fn facts<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    if is_symfony(data) {
        symfony::describe(setup, blob, data)
    } else if let Some(user) = moodle(data) {
        Facts {
            user: user.get("id").and_then(Value::scalar_text).filter(|id| id != "0"),
            ip: user::text(user.get("lastip")),
            ..Facts::default()
        }
    } else {
        phpredis::describe(setup, blob, data)
    }
}

/// What tells whether the session is nobody's: nothing where someone is logged in who has no name.
pub(super) fn members<'v>(data: &'v Value<'v>) -> Option<Cow<'v, Value<'v>>> {
    let nobody = || Cow::Owned(Value::Map(Vec::new()));
    if is_symfony(data) {
        return (symfony::nobody(data) == Unnamed::Nobody).then(nobody);
    }
    if let Some(user) = moodle(data) {
        return user.get("id").and_then(Value::scalar_text).is_some_and(|id| id == "0").then(nobody);
    }
    php::frameworks::members(data)
}
