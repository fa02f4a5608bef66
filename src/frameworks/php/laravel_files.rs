//! Laravel with its file driver, the default up to 10.
//!
//! laravel/framework 8.83.26 and 13.26.1, FileSessionHandler.

use super::laravel;
use crate::layout::php::{Php, What};
use crate::layout::session::Facts;
use crate::layout::{
    Blob, Decoded, Ends, Keys, Layout, Mark, OptionKind, OptionSpec, Place, Setup, Verdict, files,
};
use crate::store::{Kind, Medium};
use crate::value::Value;
use crate::wrap;

/// `session.lifetime` unless it is set, in minutes.
const LIFETIME: i64 = 120;

pub const LAYOUT: Layout = Layout {
    name: "laravel-files",
    about: "Laravel with SESSION_DRIVER=file, the default up to 10 (PHP)",
    medium: Medium::File,
    page: "\
file     <id> in storage/framework/sessions; id 40 letters and digits
value    what the session serializes: a:<n>:{…}, JSON (session.serialization), or an envelope of the
         encrypter (session.encrypt) around either; nothing lies around that
expiry   the file's time and session.lifetime after it, which the folder does not tell: the option
         lifetime in minutes, 120 are assumed. It is checked when a session is read; the clean-up,
         by lottery, removes whatever is old in the folder, whosever it is
user     login_<guard>_<sha1> (SessionGuard.php), the guard web before others
times    the file's own: the last request
cookie   laravel_session or laravel-session, an envelope of the encrypter: the id cannot be had
         without app_key; the names follow the application's
end      the file. Every request writes its session anew at its end: one that runs brings it back,
         with its login
",
    keys: Keys {
        prefix: "",
        kind: Kind::Hash,
        lead: |_| Vec::new(),
        locate,
        key_of: |_, id| id.to_vec(),
        ..Keys::PLAIN
    },
    marks: &[Mark::Field("content")],
    options: &[
        laravel::LAYOUT.options[0],
        laravel::LAYOUT.options[1],
        OptionSpec::new("lifetime", OptionKind::Number, "session.lifetime in minutes; 120 unless set"),
        OptionSpec::new("driver", OptionKind::Text, "session.driver, which is file"),
        OptionSpec::new("files", OptionKind::Text, "session.files, the folder; --store says it"),
    ],
    recognize,
    read,
    describe,
    ends: Ends { expire: |setup, _, end| files::by_mtime(end, lifetime(setup)), ..laravel::LAYOUT.ends },
    ..laravel::LAYOUT
};

fn lifetime(setup: &Setup) -> i64 {
    files::span(setup, "lifetime", LIFETIME).saturating_mul(60)
}

fn locate(_: &Setup, key: &[u8]) -> Option<Place> {
    laravel::is_id(key).then(|| Place::after(key, 0, true))
}

fn recognize(setup: &Setup, blob: &Blob<'_>) -> Verdict {
    if locate(setup, blob.key).is_none() {
        return Verdict::no("its name is not 40 letters and digits");
    }
    if blob.is_empty() {
        return if setup.named { Verdict::Sure } else { Verdict::Kin };
    }
    if blob.text().is_some_and(wrap::laravel::sniff) {
        return Verdict::Sure;
    }
    let data = match blob.php() {
        Some(php @ Php { what: What::Session(data), .. }) if !php.is_variables() && !php.is_wrapped() => data,
        Some(_) => return Verdict::no("what is in the file is not an array that was serialized"),
        None => match blob.json() {
            Some(data @ Value::Map(_)) => data,
            _ => return Verdict::no("what is in the file is not a session"),
        },
    };
    if setup.named || laravel::is_session(data) {
        Verdict::Sure
    } else {
        Verdict::no("what is in the file has no `_token`")
    }
}

fn read<'b>(setup: &'b Setup, blob: &'b Blob<'_>) -> Decoded<'b> {
    let Some(text) = blob.text().filter(|text| wrap::laravel::sniff(text)) else {
        return match blob.json() {
            Some(_) => blob.whole_json(),
            None if blob.is_empty() => Decoded::owned("php-serialize", Value::Map(Vec::new())),
            None => blob.php_data(),
        };
    };
    laravel::payload(setup, text, blob.limits)
}

fn describe<'b>(setup: &'b Setup, blob: &'b Blob<'_>, data: &'b Value<'b>) -> Facts<'b> {
    let facts = laravel::describe(setup, blob, data);
    Facts { seen: files::mtime(blob), ends: files::end(blob, lifetime(setup)), ..facts }
}
