//! `sessctl decode`: what is in one blob.

use std::borrow::Cow;
use std::io::{Read, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;

use crate::codec::{self, Codec, DecodeError, Limits, foreign};
use crate::context::Context;
use crate::error::{Failure, Usage, did_you_mean};
use crate::exit::Exit;
use crate::layout::{Blob, Setup};
use crate::render;
use crate::render::Format;
use crate::store::{Kind, Raw};
use crate::value::Value;
use crate::wrap::base64;

mod given;

use given::Given;

/// Decode a stored value from a file or standard input
///
/// Without --codec, every codec that the first bytes could belong to is tried. With --layout, the value
/// is decoded as that layout does it, with the profile's secrets. What redis-cli adds to a value is
/// removed: the line feed of --raw, or quotes and escapes; for a hash, give one field, or all of them as
/// HGETALL shows them. Gzip, zlib, zstd and base64 around a value are unpacked. Nothing that the value
/// names is ever run or loaded.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Decode what a key holds:
    redis-cli --raw get sess:3xyuXKIB | sessctl decode
  Decode one field of a hash:
    redis-cli --raw hget sess_20807qt29m data | sessctl --layout magento2 decode
  Decode a saved value whose codec is known:
    sessctl decode --codec msgpack session.bin
  Decrypt it with the secret of a profile:
    sessctl --profile shop --layout connect-redis decode session.bin")]
pub struct Args {
    /// The file; standard input if it is `-` or left out
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub file: PathBuf,

    /// Use this codec and no other
    #[arg(long, value_name = "NAME")]
    pub codec: Option<String>,

    /// The key the value came from, for layouts that need it
    #[arg(long = "of-key", value_name = "KEY", default_value = "", hide_default_value = true)]
    pub of_key: String,
}

/// More than that is not a session, and no value that anyone wants to read.
const LONGEST: u64 = 64 << 20;
/// Wrappers around wrappers.
const WRAPPERS: usize = 3;
/// Fields that a hash may have its session in.
const FIELDS: &[&str] = &["data", "sessdata", "d"];

/// What reads a value.
struct Reader<'c> {
    /// The layouts that were named; none where a codec is to be found.
    setups: &'c [Setup],
    key: &'c [u8],
    codecs: Vec<&'static Codec>,
    /// Whether the codec is tried whatever the bytes look like.
    whatever: bool,
}

/// The wrappers and the codec, outermost first, and what they gave.
type Decoded = (Vec<&'static str>, Value<'static>);

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let hint = "csv and ids are for rows, such as those of `sessctl list`";
    context.format.among(Format::OBJECTS, "decode prints one value", hint)?;
    let chosen = match &args.codec {
        Some(name) => Some(codec::by_name(name).ok_or_else(|| {
            let known = codec::ALL.iter().map(|codec| codec.name);
            Usage::new(format!("unknown codec `{name}`")).hint(did_you_mean(name, known))
        })?),
        None => None,
    };
    if args.file.as_os_str() == "-" && context.ui.stdin_terminal {
        context.ui.status("reading from the terminal; end with Ctrl-D on a line of its own");
    }
    let bytes = read(args)?;
    if bytes.is_empty() {
        return Err(Failure::new("nothing to decode: the input is empty").into());
    }
    let reader = Reader {
        setups: if context.named && chosen.is_none() { &context.setups } else { &[] },
        key: args.of_key.as_bytes(),
        codecs: chosen.map_or_else(|| codec::ALL.to_vec(), |codec| vec![codec]),
        whatever: chosen.is_some(),
    };
    let mut tried = Tried::default();
    for reading in given::readings(&bytes) {
        // A line feed may be all that is wrong with the first reading: the error of the last one counts.
        let plain = reading.how.is_none();
        match reader.attempt(&reading.value, WRAPPERS, plain, &mut tried) {
            Some((via, value)) => {
                if let Some(how) = reading.how {
                    context.ui.status(how);
                }
                return print(context, &via, &value);
            }
            None => {
                // Words are decoded as words by some; there may be more in another reading.
                if let Some(word) = tried.word.take() {
                    tried.words.get_or_insert((reading.how, word));
                }
            }
        }
    }
    // A layout takes any text for someone else's value; what redis-cli itself said is none at all.
    let amiss = given::amiss(&bytes).filter(|_| !reader.setups.is_empty()).or_else(|| given::reply(&bytes));
    if (tried.looks_like.is_none() && amiss.is_none() || reader.whatever)
        && let Some((how, (via, value))) = tried.words
    {
        if let Some(how) = how {
            context.ui.status(how);
        }
        return print(context, &via, &value);
    }
    Err(failure(&reader, &bytes, tried))
}

/// What came of the attempts that gave no session.
#[derive(Default)]
struct Tried {
    word: Option<Decoded>,
    words: Option<(Option<&'static str>, Decoded)>,
    error: Option<DecodeError>,
    /// What it looks like, and why the codec for that cannot read it.
    looks_like: Option<(foreign::Foreign, Option<DecodeError>)>,
}

/// What a wrapper may open to, whatever it says.
fn inner_limits() -> Limits {
    Limits { expanded: LONGEST as usize, ..Limits::default() }
}

/// Whether it holds something, as every session does, and is no mere word or number.
fn is_structured(value: &Value<'_>) -> bool {
    matches!(value, Value::Map(_) | Value::Pairs(_) | Value::Object(_) | Value::List(_) | Value::Set(_))
}

/// Why it could not be read, and what would help.
fn failure(reader: &Reader<'_>, bytes: &[u8], Tried { error, looks_like, .. }: Tried) -> anyhow::Error {
    if let Some((foreign, error)) = looks_like {
        let what = format!("it looks like {}", foreign.about);
        return match error {
            Some(error) => Failure::new(format!("{what}, but cannot be read: {error}")).into(),
            None => Failure::new(format!("{what}, which sessctl cannot read here"))
                .hint("it may still be a session; use the framework's own tools to look at its key")
                .into(),
        };
    }
    if let Some((what, hint)) = given::amiss(bytes) {
        return Failure::new(what).hint(hint).into();
    }
    let hash = reader.setups.iter().find(|setup| setup.layout.keys.kind == Kind::Hash);
    match (error, hash) {
        (Some(error), Some(setup)) => Failure::new(error.to_string())
            .hint(format!(
                "sessions of {} are hashes: give one field (redis-cli --raw hget KEY FIELD) or all of \
                 them (redis-cli --no-raw hgetall KEY)",
                setup.layout.name
            ))
            .into(),
        (Some(error), None) => error.into(),
        (None, _) => Failure::new("no codec recognises this, from byte 0 on")
            .hint("name the codec with --codec, or the framework with --layout")
            .into(),
    }
}

impl Reader<'_> {
    /// Reads it as it is and under what lies around it. Compression shows, and is taken off first: what is
    /// inside may be read in part only where it is not.
    fn attempt(&self, given: &Given<'_>, left: usize, plain: bool, tried: &mut Tried) -> Option<Decoded> {
        let around = match given {
            Given::Value(bytes) if left > 0 => given::unwrapped(bytes, &inner_limits()),
            _ => None,
        };
        let within = |tried: &mut Tried| {
            let (name, inner) = around.as_ref()?;
            let inner = Given::Value(Cow::Borrowed(inner));
            let (via, value) = self.attempt(&inner, left - 1, false, tried)?;
            Some(([&[*name][..], &via].concat(), value))
        };
        let is_text = around.as_ref().is_some_and(|(name, _)| *name == base64::NAME);
        if !is_text && let Some(found) = within(tried) {
            return Some(found);
        }
        match self.read(given) {
            Ok(found) if is_structured(&found.1) => return Some(found),
            Ok(word) => {
                tried.word.get_or_insert(word);
            }
            Err(Some(why)) if plain => tried.error = Some(why),
            Err(_) => {}
        }
        if let Given::Value(bytes) = given
            && tried.looks_like.is_none()
            && let Some(foreign) = foreign::of(bytes)
        {
            let own = foreign.codec.and_then(codec::by_name);
            let error = own.and_then(|codec| (codec.decode)(bytes, &inner_limits()).err());
            tried.looks_like = Some((foreign, error));
        }
        if is_text { within(tried) } else { None }
    }

    fn read(&self, given: &Given<'_>) -> Result<Decoded, Option<DecodeError>> {
        match given {
            Given::Fields(fields) if self.setups.is_empty() => Ok(self.fields(fields)),
            Given::Fields(fields) => self.by_layout(&Raw::Hash(fields.clone())),
            Given::Value(bytes) if self.setups.is_empty() => {
                let (codec, value) = decode(&self.codecs, bytes, self.whatever)?;
                Ok((vec![codec.name], value.into_owned()))
            }
            Given::Value(bytes) => {
                let whole = self.by_layout(&Raw::Text(bytes.to_vec()));
                if whole.as_ref().is_ok_and(|(_, value)| is_structured(value)) {
                    return whole;
                }
                self.by_field(bytes).map_or(whole, Ok)
            }
        }
    }

    /// A hash without a layout: each field for itself.
    fn fields(&self, fields: &[(Vec<u8>, Vec<u8>)]) -> Decoded {
        let value = |bytes: &[u8]| match decode(&self.codecs, bytes, self.whatever) {
            Ok((_, value)) => value.into_owned(),
            Err(_) => crate::layout::blob::plain(bytes).into_owned(),
        };
        let members = fields
            .iter()
            .map(|(name, bytes)| (String::from_utf8_lossy(name).into_owned().into(), value(bytes)));
        (vec![Kind::Hash.name()], Value::Map(members.collect()))
    }

    /// By the first layout that reads it, into something that holds more than a word.
    fn by_layout(&self, raw: &Raw) -> Result<Decoded, Option<DecodeError>> {
        let blob = Blob::new(self.key, raw, Limits::default());
        let kind = raw.kind();
        let (mut scalar, mut error) = (None, None);
        for setup in self.setups {
            let decoded = (setup.layout.read)(setup, &blob);
            match decoded.value {
                Ok(value) if is_structured(&value) => {
                    return Ok((decoded.via, value.into_owned().into_owned()));
                }
                Ok(value) => {
                    scalar.get_or_insert((decoded.via, value.into_owned().into_owned()));
                }
                // Of several layouts the one that has such keys says why.
                Err(why) if error.is_none() || kind.is_some_and(|kind| setup.layout.keeps(kind)) => {
                    error = Some(why);
                }
                Err(_) => {}
            }
        }
        scalar.ok_or(error)
    }

    /// As one field of a hash: by a layout that keeps hashes, otherwise by its own form.
    fn by_field(&self, bytes: &[u8]) -> Option<Decoded> {
        let hashes = || self.setups.iter().filter(|setup| setup.layout.keeps(Kind::Hash));
        for setup in hashes() {
            let own = setup.layout.described.and_then(|described| described.field.as_deref());
            for field in own.iter().chain(FIELDS) {
                let raw = Raw::Hash(vec![(field.as_bytes().to_vec(), bytes.to_vec())]);
                let blob = Blob::new(self.key, &raw, Limits::default());
                let decoded = (setup.layout.read)(setup, &blob);
                if let Ok(value) = decoded.value
                    && is_more_than_a_field(&value)
                {
                    return Some((decoded.via, value.into_owned().into_owned()));
                }
            }
        }
        hashes().next()?;
        let (codec, value) = decode(codec::ALL, bytes, false).ok()?;
        Some((vec![codec.name], value.into_owned()))
    }
}

/// Whether a layout read what is in the field, and did not only repeat it.
fn is_more_than_a_field(value: &Value<'_>) -> bool {
    match value {
        Value::Map(members) => match &members[..] {
            [(name, inner)] if FIELDS.contains(&&**name) => is_structured(inner),
            _ => true,
        },
        other => is_structured(other),
    }
}

fn read(args: &Args) -> anyhow::Result<Vec<u8>> {
    if args.file.as_os_str() == "-" {
        return read_some(std::io::stdin().lock(), "stdin");
    }
    let name = args.file.display().to_string();
    let file = std::fs::File::open(&args.file).with_context(|| format!("reading {name}"))?;
    read_some(file, &name)
}

/// All of it, within bounds: a device or a pipe may have no end.
fn read_some(from: impl Read, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1).read_to_end(&mut bytes).with_context(|| format!("reading {name}"))?;
    if bytes.len() as u64 > LONGEST {
        let what = format!("{name} holds more than {}, more than any session", render::size(LONGEST));
        return Err(Failure::new(what).hint("give the value of a single key").into());
    }
    Ok(bytes)
}

/// The first codec that can read all of it; otherwise the error of the one that got furthest.
fn decode<'b>(
    codecs: &[&'static Codec],
    bytes: &'b [u8],
    whatever: bool,
) -> Result<(&'static Codec, Value<'b>), Option<DecodeError>> {
    let mut furthest: Option<DecodeError> = None;
    for codec in codecs {
        if !whatever && !(codec.sniff)(bytes) {
            continue;
        }
        match (codec.decode)(bytes, &Limits::default()) {
            Ok(value) => return Ok((codec, value)),
            Err(error) if furthest.as_ref().is_none_or(|far| far.offset < error.offset) => {
                furthest = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(furthest)
}

fn print(context: &Context, via: &[&str], value: &Value<'_>) -> anyhow::Result<Exit> {
    let mut out = context.pages();
    if context.format == Format::Table {
        context.ui.status(format!("codec: {}", via.join(", ")));
        out.write_all(crate::render::safe::safe_lines(&value.to_json_pretty()).as_bytes())?;
        out.write_all(b"\n")?;
    } else {
        let codecs = serde_json::to_string(via)?;
        let json = format!("{{\"codec\":{codecs},\"data\":{}}}\n", value.to_json());
        let mut text = json.into_bytes();
        if context.format == Format::Yaml {
            let json = std::mem::take(&mut text);
            crate::render::yaml::document(&mut text, &json);
        }
        out.write_all(&text)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codec_that_reads_all_of_it_is_taken() {
        let (codec, value) = decode(codec::ALL, b"{\"a\":1}", false).expect("JSON");
        assert_eq!((codec.name, value.to_json().as_str()), ("json", "{\"a\":1}"));
        let (codec, _) = decode(codec::ALL, b"\x81\xa1a\x01", false).expect("MessagePack");
        assert_eq!(codec.name, "msgpack");
        let error = decode(codec::ALL, b"{\"a\":1,}", false).expect_err("not JSON").expect("an offset");
        assert_eq!(error.codec, "json");
    }
}
