//! Plan files: what is going to be changed, written for people to review and for `apply` to do.
//!
//! JSON lines: a header, a line a step, and a last line with a digest over all before it. Sessions
//! are named by a keyed hash of their key, so that a plan can be shown around: the salt is in the
//! header, and ids are too long to be guessed. With `--reveal` the keys stand there themselves.
//!
//! A plan for one store is of version 1, with `store` in its header. One for several is of version 2: its header
//! has `stores` instead, and each step says in `store` which of them it is about.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use base16ct::lower::encode_string as hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{Entries, Entry, Totals};
use crate::change::audit;
use crate::fault::{Failure, Refusal};
use crate::store::{Ends, Expiry, Fingerprint, Key, Own};
use crate::text::words::and;

/// Of a plan for one store, and for several.
const ONE: u64 = 1;
const SEVERAL: u64 = 2;

/// What stands on top of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub command: String,
    /// At least one, and none twice.
    pub stores: Vec<String>,
    pub filter: String,
    pub matched: u64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    pub creator: String,
    salt: [u8; 16],
}

/// What the plan says of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub seen: Fingerprint,
    pub layout: String,
    pub end: End,
    /// When its key has to end, where it was chosen by that.
    pub ends: Option<Ends>,
    /// Known where the plan was written with `--reveal`.
    pub key: Option<Key>,
}

/// What is to become of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Now,
    /// At that time, in milliseconds since 1970.
    At(i64),
    Never,
}

/// A plan that was read and found whole.
#[derive(Debug)]
pub struct Plan {
    pub header: Header,
    /// A part for each store, in the header's order.
    pub parts: Vec<Part>,
    pub digest: String,
    /// The digest does not fit what precedes it.
    pub edited: bool,
}

/// What a plan says of one store: its sessions by the keyed hash of their keys.
#[derive(Debug, Default)]
pub struct Part {
    pub steps: HashMap<[u8; 16], Planned>,
}

impl Plan {
    /// What it says of that store.
    pub fn of(&self, store: &str) -> Option<&Part> {
        let at = self.header.stores.iter().position(|one| one == store)?;
        self.parts.get(at)
    }
}

impl Header {
    pub fn new(command: &str, stores: Vec<String>, filter: String, matched: u64, created_at: i64) -> Header {
        let mut salt = [0; 16];
        // Two draws of the standard library's random keys.
        for half in salt.chunks_mut(8) {
            use std::hash::{BuildHasher as _, RandomState};
            half.copy_from_slice(&RandomState::new().hash_one(created_at).to_le_bytes());
        }
        let name = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let named = name("SUDO_USER").or_else(|| name("USER")).or_else(|| name("LOGNAME"));
        // Where the environment names nobody, such as in a container, the system may.
        let user = named.or_else(|| audit::user_name(audit::uid()?));
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let creator = format!("{}@{}", user.unwrap_or_else(|| "unknown".to_string()), host.trim());
        Header { command: command.to_string(), stores, filter, matched, created_at, creator, salt }
    }

    /// By what a session's key is named in this plan.
    pub fn name(&self, key: &[u8]) -> [u8; 16] {
        let mut name = [0; 16];
        // Any length of key is taken.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.salt) {
            mac.update(key);
            name.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        }
        name
    }
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    base16ct::mixed::decode_vec(text).ok()?.try_into().ok()
}

/// What a line of a plan says that becomes of a session.
fn does(entry: &Entry) -> Json {
    match (&entry.step.own, entry.ends) {
        (Own::End, _) => json!("end"),
        (Own::Expire { .. }, Some(at)) => json!({ "expire": at }),
        (Own::Expire { at: Expiry::At(at), .. }, None) => json!({ "expire": at }),
        (Own::Expire { .. }, None) => json!({ "expire": null }),
        (Own::Gone, _) => json!("gone"),
    }
}

/// Refuses a plan's file that is there already; asked before the scan, and again when it is written.
pub fn refuse_taken(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() { Err(taken(path)) } else { Ok(()) }
}

fn taken(path: &Path) -> Failure {
    Failure::new(format!("the file {} already exists", path.display()))
        .hint("a plan never overwrites a file: choose another name, or remove that one")
}

/// Writes the plan, with the entries of each of the header's stores, and leaves these at their end; its digest.
pub fn write(
    path: &Path,
    header: &Header,
    totals: &Totals,
    entries: &mut [Entries],
    reveal: bool,
) -> anyhow::Result<String> {
    let about = || format!("writing the plan {}", path.display());
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken(path).into()),
        other => other.with_context(about)?,
    };
    let mut out = BufWriter::new(file);
    let mut digest = Sha256::new();
    let mut line = |value: &Json| -> anyhow::Result<()> {
        let text = crate::value::escaped_json(&format!("{value}\n")).into_owned();
        digest.update(text.as_bytes());
        out.write_all(text.as_bytes()).with_context(about)
    };
    let (version, name, stores) = match &header.stores[..] {
        [store] => (ONE, "store", json!(store)),
        stores => (SEVERAL, "stores", json!(stores)),
    };
    line(&json!({
        "sessctl_plan": version,
        "command": header.command,
        name: stores,
        "filter": header.filter,
        "matched": header.matched,
        "users": totals.users().0,
        "anonymous": totals.anonymous,
        "unknown": totals.unknown,
        "layouts": totals.by_layout,
        "bytes": totals.bytes_known.then_some(totals.bytes),
        "created_at": crate::text::rfc3339(header.created_at),
        "creator": header.creator,
        "salt": hex(&header.salt),
    }))?;
    for (store, entries) in header.stores.iter().zip(entries) {
        loop {
            let batch = entries.batch(500)?;
            if batch.is_empty() {
                break;
            }
            for entry in batch {
                let mut step = json!({
                    "session": hex(&header.name(&entry.step.key.0)),
                    "layout": entry.layout,
                    "user": entry.user,
                    "do": does(&entry),
                    "seen": hex(&entry.step.seen.0),
                });
                if version == SEVERAL {
                    step["store"] = json!(store);
                }
                if let Some(ends) = entry.step.ends {
                    step["ends"] = json!(ends);
                }
                if reveal {
                    step["key"] = json!(crate::text::safe::text(&entry.step.key.0));
                }
                line(&step)?;
            }
        }
    }
    let digest = hex(&digest.finalize());
    writeln!(out, "{}", json!({ "digest": digest, "steps": header.matched })).with_context(about)?;
    out.into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .with_context(about)?;
    Ok(digest)
}

/// No session has so much that follows from its end; a device has no line at all.
const LINE_LIMIT: u64 = 64 << 20;

/// Reads a plan and checks that it is whole.
pub fn read(path: &Path) -> anyhow::Result<Plan> {
    let about = || format!("reading the plan {}", path.display());
    let file = std::fs::File::open(path).with_context(about)?;
    parse(path, BufReader::new(file))
}

/// The plan that a file of that name holds.
pub fn parse(path: &Path, mut from: impl BufRead) -> anyhow::Result<Plan> {
    let about = || format!("reading the plan {}", path.display());
    let mut digest = Sha256::new();
    let mut header: Option<Header> = None;
    let mut parts: Vec<Part> = Vec::new();
    let mut edited = false;
    let mut number = 0u64;
    let mut text = Vec::new();
    let wrong = |number: u64, what: &str| {
        Failure::new(format!("{}: line {number} {what}", path.display()))
            .hint("plans are written by purge, expire and clear with --plan FILE")
    };
    loop {
        text.clear();
        if from.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut text).with_context(about)? == 0 {
            return Err(Failure::new(format!(
                "the plan {} is incomplete: its last line is missing",
                path.display()
            ))
            .hint("write it again; nothing was changed")
            .into());
        }
        number += 1;
        if text.len() as u64 == LINE_LIMIT {
            return Err(wrong(number, "has no end").into());
        }
        let line: Json = serde_json::from_slice(&text).map_err(|_| wrong(number, "is not JSON"))?;
        let member = |name: &str| line.get(name).and_then(Json::as_str);
        if let Some(written) = member("digest") {
            let own = hex(&digest.finalize());
            let Some(header) = header else { return Err(wrong(number, "comes before the header").into()) };
            let steps = parts.iter().map(|part| part.steps.len() as u64).sum::<u64>();
            edited |= written != own || line.get("steps").and_then(Json::as_u64) != Some(steps);
            // Nothing comes after it but what someone put there.
            edited |= !from.fill_buf().with_context(about)?.is_empty();
            return Ok(Plan { header, parts, digest: written.to_string(), edited });
        }
        digest.update(&text);
        let Some(header) = &header else {
            let read = head(&line).map_err(|what| wrong(number, what))?;
            parts.resize_with(read.stores.len(), Part::default);
            header = Some(read);
            continue;
        };
        let step = || {
            let name = unhex::<16>(member("session")?)?;
            let seen = Fingerprint(unhex::<16>(member("seen")?)?);
            let end = match line.get("do")? {
                Json::String(end) if end == "end" => End::Now,
                Json::Object(does) => match does.get("expire")? {
                    Json::Null => End::Never,
                    at => End::At(at.as_i64()?),
                },
                _ => return None,
            };
            let key = member("key").map(|key| Key(crate::resolve::bytes_of(key)));
            let ends = match line.get("ends") {
                None => None,
                Some(ends) => Some(serde_json::from_value(ends.clone()).ok()?),
            };
            let at = match (member("store"), header.stores.len()) {
                (None, 1) => 0,
                (store, _) => header.stores.iter().position(|one| Some(&one[..]) == store)?,
            };
            Some((at, name, Planned { seen, layout: member("layout")?.to_string(), end, ends, key }))
        };
        let (at, name, planned) = step().ok_or_else(|| wrong(number, "is not a step"))?;
        if planned.key.as_ref().is_some_and(|key| header.name(&key.0) != name) {
            return Err(wrong(number, "names another session than its key").into());
        }
        // A line that stands there twice was put there by hand.
        edited |= parts[at].steps.insert(name, planned).is_some();
    }
}

fn head(line: &Json) -> Result<Header, &'static str> {
    let version = line.get("sessctl_plan").and_then(Json::as_u64).ok_or("is not a header of a plan")?;
    if version > SEVERAL {
        return Err("says that a newer version of sessctl wrote this plan");
    }
    let member = |name: &str| line.get(name).and_then(Json::as_str).map(str::to_string);
    let stores = || {
        if version != SEVERAL {
            return Some(vec![member("store")?]);
        }
        let stores = line.get("stores")?.as_array()?.iter();
        let stores: Vec<String> =
            stores.map(|store| store.as_str().map(str::to_string)).collect::<Option<_>>()?;
        let twice = (1..stores.len()).any(|at| stores[..at].contains(&stores[at]));
        (stores.len() > 1 && !twice).then_some(stores)
    };
    let read = || {
        Some(Header {
            command: member("command")?,
            stores: stores()?,
            filter: member("filter")?,
            matched: line.get("matched")?.as_u64()?,
            created_at: line.get("created_at")?.as_str()?.parse::<jiff::Timestamp>().ok()?.as_millisecond(),
            creator: member("creator")?,
            salt: unhex(&member("salt")?)?,
        })
    };
    read().ok_or("is not the header of a plan that sessctl wrote")
}

/// Refuses a plan that is for other stores, was edited, or is too old.
pub fn check(
    plan: &Plan,
    stores: &[String],
    now: i64,
    max_age: u64,
    allow_edited: bool,
) -> Result<(), Refusal> {
    // What an edited plan says of itself is no more to be believed than the rest.
    if plan.edited && !allow_edited {
        return Err(Refusal::new("the plan was edited: checksum mismatch")
            .hint("review it again, then pass --allow-edited"));
    }
    let planned = &plan.header.stores;
    if planned.len() != stores.len() || planned.iter().any(|store| !stores.contains(store)) {
        let named = |stores: &[String]| and(&stores.iter().map(String::as_str).collect::<Vec<_>>());
        let what = format!("the plan was made for {}, not for {}", named(planned), named(stores));
        return Err(Refusal::new(what).hint(match planned.len() {
            1 => "name that store with --store",
            _ => "name those stores, and no other, each with a --store of its own",
        }));
    }
    let age = u64::try_from(now - plan.header.created_at).unwrap_or(0);
    if age > max_age {
        let (age, most) = (crate::text::span(age), crate::text::span(max_age));
        return Err(Refusal::new(format!("the plan is {age} old, more than the --max-age of {most}"))
            .hint("write it again, or raise --max-age"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::change::plan::Spool;
    use crate::store::Step;

    /// A spool of three sessions.
    fn spool() -> Spool {
        let mut spool = Spool::default();
        for n in 0..3_u8 {
            let step = Step {
                key: Key(format!("sess:{n}").into_bytes()),
                hash: false,
                seen: Fingerprint([n; 16]),
                bytes: 7,
                own: Own::End,
                then: Vec::new(),
                ends: (n == 1).then(|| Ends::any(Some(5))),
                held: None,
            };
            let entry = Entry {
                step,
                id: vec![b'0' + n],
                layout: "connect-redis".into(),
                user: (n > 0).then(|| "alice".into()),
                nobody: n == 0,
                ends: None,
                memory: Some(100),
            };
            spool.push(&entry).unwrap();
        }
        spool
    }

    fn stores(many: usize) -> Vec<String> {
        (0..many).map(|n| format!("unix:///s{n}")).collect()
    }

    /// A plan for three sessions of each store, as it stands in a file.
    fn written(many: usize, reveal: bool) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        let header = Header::new("purge", stores(many), "all".into(), 3 * many as u64, 1_795_000_000_000);
        let mut entries = Vec::new();
        let mut totals = Totals::default();
        for spool in (0..many).map(|_| spool()) {
            totals.join(&spool.totals);
            entries.push(spool.read().unwrap());
        }
        write(&path, &header, &totals, &mut entries, reveal).unwrap();
        std::fs::read(path).unwrap()
    }

    /// Whether a plan would be done.
    fn is_taken(many: usize, bytes: &[u8]) -> bool {
        let Ok(plan) = parse(Path::new("p"), bytes) else { return false };
        check(&plan, &stores(many), 1_795_000_000_000, 1000, false).is_ok()
    }

    #[test]
    fn a_plan_of_before_there_were_several_stores_is_read() {
        let text = concat!(
            r#"{"sessctl_plan":1,"command":"purge","store":"unix:///s0","filter":"all","matched":1,"users":0,"#,
            r#""anonymous":1,"unknown":0,"layouts":{"connect-redis":1},"bytes":100,"#,
            r#""created_at":"2026-11-18T15:06:40Z","creator":"a@b","salt":"00112233445566778899aabbccddeeff"}"#,
            "\n",
            r#"{"session":"0123456789abcdef0123456789abcdef","layout":"connect-redis","user":null,"do":"end","#,
            r#""seen":"00000000000000000000000000000000"}"#,
            "\n"
        );
        let digest = hex(&Sha256::digest(text.as_bytes()));
        let text = format!("{text}{{\"digest\":\"{digest}\",\"steps\":1}}\n");
        let plan = parse(Path::new("p"), text.as_bytes()).unwrap();
        assert!(!plan.edited);
        assert_eq!(plan.header.stores, ["unix:///s0"]);
        assert_eq!(plan.of("unix:///s0").map(|part| part.steps.len()), Some(1));
        // And one for one store is still written so.
        let now = String::from_utf8(written(1, false)).unwrap();
        assert!(
            now.starts_with(r#"{"sessctl_plan":1,"command":"purge","store":"unix:///s0","filter":"#),
            "{now}"
        );
        assert!(!now.contains("stores"), "{now}");
    }

    #[test]
    fn each_store_has_its_part_and_no_other_is_taken() {
        let plan = parse(Path::new("p"), &written(2, true)[..]).unwrap();
        assert!(!plan.edited);
        for store in stores(2) {
            assert_eq!(plan.of(&store).map(|part| part.steps.len()), Some(3));
        }
        assert!(plan.of("unix:///s2").is_none());
        let with = |stores: &[String]| check(&plan, stores, 1_795_000_000_000, 1000, false);
        let mut turned = stores(2);
        turned.reverse();
        assert!(with(&stores(2)).is_ok() && with(&turned).is_ok());
        assert!(with(&stores(1)).is_err() && with(&stores(3)).is_err());
        assert!(with(&["unix:///s0".to_string(), "unix:///s5".to_string()]).is_err());
    }

    #[test]
    fn not_a_bit_of_a_plan_can_be_another() {
        for (many, reveal) in [(1, false), (1, true), (2, false)] {
            let whole = written(many, reveal);
            assert!(is_taken(many, &whole));
            // Without its last line break it is the same.
            for cut in 0..whole.len() - 1 {
                assert!(!is_taken(many, &whole[..cut]), "cut at {cut}");
            }
            for (at, bit) in (0..whole.len() - 1).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                assert!(
                    !is_taken(many, &bytes),
                    "bit {bit} of byte {at} of {}",
                    String::from_utf8_lossy(&whole)
                );
            }
        }
    }
}
