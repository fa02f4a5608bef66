//! `sessctl acl`: the rights that a user of the server needs, as the line that gives them.

use std::collections::BTreeSet;
use std::io::Write as _;

use crate::context::Context;
use crate::exit::Exit;
use crate::fault::Usage;
use crate::layout::Setup;
use crate::render::Format;
use crate::store::Medium;
use crate::text::glob;

/// Print the ACL SETUSER line that allows certain commands, and nothing else
///
/// Type what it prints in redis-cli, with a password of your own. Without --for it prints two lines: a
/// user who can only read, and one who can change sessions. With --layout or --prefix the user sees only
/// keys with that beginning; add the indexes, locks and twins of sessions that lie elsewhere (`sessctl
/// layouts NAME` names them) with --keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  Who may list and count, and no more:
    sessctl acl --for list,count
  Who may log out the users of one application in a cluster:
    sessctl acl --for purge,undo --layout connect-redis --prefix shop: --cluster")]
pub struct Args {
    /// Permit what these commands need, separated by commas
    #[arg(long = "for", value_name = "COMMAND", value_enum, value_delimiter = ',')]
    pub commands: Vec<For>,

    /// Name the user so [default: sessctl-read, or sessctl-purge]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// Permit keys that fit this Redis glob, too; may be repeated
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true)]
    pub keys: Vec<String>,

    /// Permit what it takes in a cluster, too
    #[arg(long)]
    pub cluster: bool,

    /// Include the rights needed on servers behind sentinels
    #[arg(long)]
    pub sentinel: bool,

    /// Include the rights to read a snapshot (?via=snapshot), which contains all keys of all databases
    #[arg(long)]
    pub snapshot: bool,

    /// Write it for this version of the server [default: 7.0 or newer]
    ///
    /// From 7.4 on, the rights to set the expiry of hash fields are included. Valkey has that from 9.0 on; for an
    /// older Valkey give 7.2.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub server: Option<(u32, u32)>,
}

/// A command that can be permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum For {
    List,
    Inspect,
    Count,
    Discover,
    Stats,
    Doctor,
    Report,
    Purge,
    Clear,
    Apply,
    Expire,
    Undo,
}

impl For {
    /// What it takes in addition to reading.
    fn more(self) -> &'static [&'static [&'static str]] {
        match self {
            For::List | For::Inspect | For::Count | For::Discover | For::Stats | For::Report => &[],
            For::Doctor => &[&["ping"]],
            For::Purge | For::Clear => &[GUARDING, REMOVING, TELLING],
            For::Expire => &[GUARDING, MOVING],
            For::Undo => &[GUARDING, REMOVING, MOVING, RETURNING],
            // A plan may be of either.
            For::Apply => &[GUARDING, REMOVING, TELLING, MOVING],
        }
    }

    fn changes(self) -> bool {
        matches!(self, For::Purge | For::Clear | For::Apply | For::Expire | For::Undo)
    }
}

/// What reading takes.
const READING: &[&str] = &[
    "scan",
    "type",
    "get",
    "getrange",
    "strlen",
    "mget",
    "hgetall",
    "hlen",
    "pttl",
    "memory|usage",
    "exists",
    "sismember",
    "smembers",
    "scard",
    "zcard",
    "zrange",
    "zscore",
    "hexists",
    "time",
    "select",
    "dbsize",
    "info",
    "client|setname",
];
/// What every change takes: a guarded transaction, and a copy of what it changes.
const GUARDING: &[&str] = &[
    "ping",
    "watch",
    "unwatch",
    "multi",
    "exec",
    "discard",
    "set",
    "pexpiretime",
    "dump",
    "lrange",
    "hget",
    "pexpireat",
    "persist",
];
/// To take away keys and index entries.
const REMOVING: &[&str] = &["unlink", "srem", "zrem", "hdel"];
/// To tell the applications that subscribed.
const TELLING: &[&str] = &["publish"];
/// To move ends that indexes and values hold.
const MOVING: &[&str] = &["zadd", "zrem", "smove", "hset"];
/// To put back what is gone.
const RETURNING: &[&str] = &["restore", "sadd", "hsetnx", "rpush"];
/// What a cluster takes in addition.
const CLUSTER: &[&str] = &[
    "cluster|slots",
    "cluster|nodes",
    "cluster|myid",
    "cluster|countkeysinslot",
    "cluster|getkeysinslot",
    "asking",
    "readonly",
];
/// What following a primary takes in addition.
const SENTINEL: &[&str] = &["role", "wait"];

/// What servers before 7.0 do not know, and refuse a whole line for. There it is asked in another way.
const SINCE_7: &[&str] = &["pexpiretime"];

/// What a copy of everything takes, as a replica gets it.
const SNAPSHOT: &[&str] = &["psync", "replconf"];

/// What it takes where the sessions are fields of a hash.
const FIELDS: &[&str] = &["hscan", "hmget", "hexists"];
/// What ends of fields take, which Redis has since 7.4 and Valkey since 9.0: to be seen, and to be moved.
const FIELD_ENDS: (&[&str], &[&str]) = (&["hpttl"], &["hpexpiretime", "hpexpireat", "hpersist"]);

/// All that reading takes, as rules.
pub(super) fn reading() -> String {
    rules(&[For::List], &[], false)
}

/// All that changing takes and taking it back, reading included.
pub(super) fn changing() -> String {
    rules(&CHANGES, &[], false)
}

const CHANGES: [For; 4] = [For::Purge, For::Clear, For::Expire, For::Undo];

/// `+scan +type …`, each word once, and for an old server none that it does not know.
fn rules(commands: &[For], more: &[&'static str], old: bool) -> String {
    let mut words: Vec<&str> = READING.to_vec();
    for word in commands.iter().flat_map(|one| one.more()).copied().flatten().chain(more) {
        if !words.contains(word) {
            words.push(word);
        }
    }
    words.retain(|word| !(old && SINCE_7.contains(word)));
    words.iter().map(|word| format!("+{word}")).collect::<Vec<_>>().join(" ")
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if context.format != Format::Table {
        return Err(Usage::new("acl prints lines for redis-cli only").hint("leave out -o").into());
    }
    let groups: Vec<(&str, Vec<For>)> = if args.commands.is_empty() {
        vec![("sessctl-read", vec![For::List]), ("sessctl-purge", CHANGES.to_vec())]
    } else {
        let changes = args.commands.iter().any(|one| one.changes());
        vec![(if changes { "sessctl-purge" } else { "sessctl-read" }, args.commands.clone())]
    };
    let old = args.server.is_some_and(|version| version < (7, 0));
    let mut more: Vec<&str> = Vec::new();
    if args.cluster {
        more.extend(CLUSTER);
    }
    if args.sentinel {
        more.extend(SENTINEL);
    }
    if args.snapshot {
        more.extend(SNAPSHOT);
        context.ui.note(
            "anyone who may read a snapshot sees every key on the server, whichever keys the line names",
        );
    }
    let mut out = context.ui.out();
    for (name, commands) in groups {
        let changes = commands.iter().any(|one| one.changes());
        let mut more = more.clone();
        let fields = context.setups.iter().any(|setup| setup.layout.medium == Medium::Field);
        if fields {
            more.extend(FIELDS);
        }
        if changes && fields {
            more.push("hset");
        }
        if args.server.is_some_and(|version| version >= (7, 4)) {
            more.extend(FIELD_ENDS.0);
            if changes {
                more.extend(FIELD_ENDS.1);
            }
        }
        let keys = keys(context, args, changes, old);
        let channels = if changes { "&*" } else { "resetchannels" };
        let user = args.user.as_deref().unwrap_or(name);
        writeln!(
            out,
            "ACL SETUSER {user} on >CHANGE-ME {keys} {channels} -@all {}",
            rules(&commands, &more, old)
        )?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The keys that the user sees: who only reads may not write them, where the server can tell.
fn keys(context: &Context, args: &Args, changes: bool, old: bool) -> String {
    let mut globs: BTreeSet<Vec<u8>> = args.keys.iter().map(|glob| glob.clone().into_bytes()).collect();
    let described = context.setups.iter().filter_map(|setup| setup.layout.described);
    let hashes: Vec<&str> = described.filter_map(|described| described.fields.as_deref()).collect();
    globs.extend(hashes.iter().map(|hash| glob::escape(hash.as_bytes())));
    let leads: Vec<Vec<u8>> = if !hashes.is_empty() {
        Vec::new()
    } else if context.named {
        context.setups.iter().flat_map(Setup::known_leads).collect()
    } else {
        // A prefix for whatever layout it turns out to be is the same for all of them.
        let given =
            |setup: &Setup| setup.text(setup.layout.keys.prefix_option).map(|text| text.as_bytes().to_vec());
        context.setups.first().and_then(given).into_iter().collect()
    };
    if !leads.is_empty() && args.keys.is_empty() {
        context.ui.note(
            "keys that belong to sessions but begin differently, such as indexes, are not included; add them with \
             --keys (`sessctl layouts NAME` names them)",
        );
    }
    for lead in leads {
        let mut glob = glob::escape(&lead);
        glob.push(b'*');
        globs.insert(glob);
    }
    // The server takes neither in a pattern (acl.c `ACLStringHasSpaces`).
    let stands_in = |byte: u8| if byte == 0 || byte.is_ascii_whitespace() { b'?' } else { byte };
    globs = globs.into_iter().map(|glob| glob.into_iter().map(stands_in).collect()).collect();
    let every = &b"*"[..];
    if globs.is_empty() || globs.contains(every) {
        globs = BTreeSet::from([every.to_vec()]);
    }
    let all = globs.contains(every);
    let mark = if changes || old || all { "~" } else { "%R~" };
    globs.iter().map(|glob| word(mark, glob)).collect::<Vec<_>>().join(" ")
}

/// An argument as redis-cli reads it (sds.c `sdssplitargs`): in quotes where it holds what ends or begins one.
fn word(mark: &str, glob: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'');
    if glob.iter().all(plain) {
        return format!("{mark}{}", String::from_utf8_lossy(glob));
    }
    let mut text = format!("\"{mark}");
    for byte in glob {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            byte => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push('"');
    text
}

fn version(text: &str) -> Result<(u32, u32), String> {
    let help = || "give it as 7.0".to_string();
    let mut parts = text.split('.').map(|part| part.parse::<u32>().map_err(|_| help()));
    Ok((parts.next().ok_or_else(help)??, parts.next().unwrap_or(Ok(0))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_stands_once() {
        let rules = changing();
        let mut words: Vec<&str> = rules.split(' ').collect();
        let many = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), many);
        assert!(rules.starts_with(&reading()));
    }

    #[test]
    fn arguments_are_quoted_as_redis_cli_reads_them() {
        assert_eq!(word("%R~", b"shop:sess:*"), "%R~shop:sess:*");
        assert_eq!(word("~", b"x\\*:*"), "~x\\*:*");
        assert_eq!(word("~", b"it's \\*"), "\"~it's \\\\*\"");
        assert_eq!(word("~", b"\xac\xed\x00\x05t*"), "\"~\\xac\\xed\\x00\\x05t*\"");
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(version("7"), Ok((7, 0)));
        assert_eq!(version("6.2.14"), Ok((6, 2)));
        assert!(version("new").is_err() && version("").is_err());
    }
}
