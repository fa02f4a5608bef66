//! `sessctl decode`: what is in one blob.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::Format;
use crate::codec::{self, Codec, DecodeError, Limits};
use crate::context::Context;
use crate::error::{Failure, Usage, did_you_mean};
use crate::exit::Exit;
use crate::layout::Blob;
use crate::store::Raw;
use crate::value::Value;

/// Decode a stored value from a file or stdin
///
/// Without --codec every codec whose form the first bytes have is tried. With --layout the layout's
/// own way is taken, with the secrets that the profile holds. Nothing that the value names is ever
/// run or loaded.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Decode what a key holds:
    redis-cli --raw get sess:3xyuXKIB | sessctl decode
  Decode a saved value whose codec is known:
    sessctl decode --codec msgpack session.bin
  Decrypt it with the secret of a profile:
    sessctl --profile shop --layout connect-redis decode session.bin")]
pub struct Args {
    /// The file; stdin when it is `-` or left out
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub file: PathBuf,

    /// Use this codec and try no other
    #[arg(long, value_name = "NAME")]
    pub codec: Option<String>,

    /// Say which key the value was in, where its layout needs to know
    #[arg(long = "of-key", value_name = "KEY", default_value = "", hide_default_value = true)]
    pub of_key: String,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let chosen = match &args.codec {
        Some(name) => Some(codec::by_name(name).ok_or_else(|| {
            let known = codec::ALL.iter().map(|codec| codec.name);
            Usage::new(format!("there is no codec `{name}`")).hint(did_you_mean(name, known))
        })?),
        None => None,
    };
    if args.file.as_os_str() == "-" && context.ui.stdin_terminal {
        context.ui.note("reading what is typed here; Ctrl-D on a line of its own ends it");
    }
    let bytes = read(args)?;
    if bytes.is_empty() {
        return Err(Failure::new("there is nothing to decode: the input is empty").into());
    }
    if context.named && chosen.is_none() {
        let key = args.of_key.as_bytes();
        let raw = Raw::Text(bytes);
        let blob = Blob::new(key, &raw, Limits::default());
        let mut last = None;
        for setup in &context.setups {
            let decoded = (setup.layout.read)(setup, &blob);
            match &decoded.value {
                Ok(value) => return print(context, &decoded.via, value),
                Err(error) => last = Some(error.clone()),
            }
        }
        return Err(last.map_or_else(|| Failure::new("no layout was asked").into(), anyhow::Error::from));
    }
    let codecs = chosen.map_or_else(|| codec::ALL.to_vec(), |codec| vec![codec]);
    // A shell puts a line break behind what it prints.
    let trimmed = bytes.strip_suffix(b"\n").filter(|bytes| !bytes.is_empty());
    match decode(&codecs, &bytes, chosen.is_some()) {
        Ok((codec, value)) => print(context, &[codec.name], &value),
        Err(error) => match trimmed.map(|bytes| decode(&codecs, bytes, chosen.is_some())) {
            Some(Ok((codec, value))) => print(context, &[codec.name], &value),
            _ => Err(match error {
                Some(error) => error.into(),
                None => Failure::new("no codec knows this form, starting at byte 0")
                    .hint("name the codec with --codec, or the framework with --layout")
                    .into(),
            }),
        },
    }
}

fn read(args: &Args) -> anyhow::Result<Vec<u8>> {
    if args.file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("reading stdin")?;
        return Ok(bytes);
    }
    std::fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))
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
    let mut out = context.ui.out();
    match context.format {
        Format::Json | Format::Ndjson => {
            let codecs = serde_json::to_string(via)?;
            writeln!(out, "{{\"codec\":{codecs},\"data\":{}}}", value.to_json())?;
        }
        Format::Table => {
            context.ui.note(format!("codec: {}", via.join(", ")));
            out.write_all(crate::render::safe::safe_lines(&value.to_json_pretty()).as_bytes())?;
            out.write_all(b"\n")?;
        }
        Format::Csv | Format::Ids => {
            return Err(
                Usage::new("decode prints a table or JSON; -o csv and -o ids are for sessions").into()
            );
        }
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
