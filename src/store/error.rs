//! What goes wrong between sessctl and a store.

use std::fmt;

use crate::exit::{Advice, Exit};

/// Why a store could not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There may be nothing at this address at all.
    Absent(String),
    /// Something is there, and this is wrong with it.
    Unfit(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Reason::Absent(text) | Reason::Unfit(text)) = self;
        f.write_str(text)
    }
}

/// What goes wrong between sessctl and a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot connect to {place}: {reason}")]
    Connect { place: String, reason: Reason },
    #[error("{place} refused the login: {reason}")]
    Authentication { place: String, reason: String },
    /// A password was given, and the server has none.
    #[error("{place} refused the login: it has no password set; leave yours out")]
    NoPassword { place: String },
    #[error("{user} has no permission to run {command} on {place}")]
    Denied { place: String, user: String, command: String },
    /// It may not be done by the user that this runs as.
    #[error("{user} has no permission to {what} in {place}")]
    Forbidden { place: String, user: Box<str>, what: &'static str, become_user: Box<str> },
    #[error("the connection to {place} was lost: {reason}")]
    Lost { place: String, reason: String },
    #[error("{place} did not answer within {seconds} s")]
    Timeout { place: String, seconds: u64 },
    #[error("{place} is a node of a Redis Cluster")]
    Cluster { place: String },
    /// A node has given a key's slot to another one, or is about to: then the other answers who asks so.
    #[error("a slot of {place} is moving to another node")]
    Moved { place: String, to: String, asking: bool },
    #[error("the cluster of {place} does not serve all keys: {reason}")]
    ClusterDown { place: String, reason: String },
    /// Keys of some slots of a cluster were not seen; all others were.
    #[error("the slots {slots} of {place} could not be read: {why}")]
    Unseen { place: String, slots: String, why: String },
    /// One node of a cluster was read, as was asked for.
    #[error("only {place} was read, which does not hold the slots {slots} of its cluster")]
    Alone { place: String, slots: String },
    #[error("{place} is a read-only replica")]
    Replica { place: String },
    /// It does not answer while it has no connection to the server that it copies.
    #[error("{place} is a replica that has lost its primary and answers nothing for now")]
    Detached { place: String },
    /// It was the primary, or was said to be, and another server is by now.
    #[error("{place} is no longer the primary")]
    Replaced { place: String },
    /// Sentinels do not say which server is the primary, or too few of them do.
    #[error("cannot determine the primary of {place}: {why}")]
    Leaderless { place: String, why: String },
    /// Sentinels do not know this name.
    #[error("the sentinels of {place} do not monitor `{service}`")]
    Service { place: String, service: String, known: Vec<String> },
    #[error("{place} is still loading its data")]
    Loading { place: String },
    #[error("{place} refused {command}: {reason}")]
    Refused { place: String, command: String, reason: String },
    #[error("{place} is full (maxmemory) and accepts no transaction, {}", full_script(user.as_deref()))]
    Full {
        place: String,
        /// Who may not run the script that a full server would take; `None` where it takes none.
        user: Option<String>,
    },
    #[error("unexpected reply to {command} from {place}")]
    Answer { place: String, command: String },
    #[error("gave up after waiting for {minutes} minutes, {why}")]
    Stuck { minutes: u64, why: String },
    /// It is of a kind that cannot do what is asked.
    #[error("{place} {why}")]
    Unsupported { place: String, why: String, hint: String },
    /// What of a file can be read was; there is more in it, or was.
    #[error("{place} is incomplete: {why}")]
    Damaged { place: String, why: String },
    /// The same of what a server sent.
    #[error("the snapshot of {place} is incomplete: {why}")]
    Cut { place: String, why: String },
    /// A file that cannot be read at all.
    #[error("cannot read {place}: {why}")]
    File { place: String, why: String, hint: Option<String> },
    /// In a database's words, with what helps.
    #[error("{place}: {reason}")]
    Database { place: String, reason: String, hint: Option<String>, exit: Exit },
    #[error("cannot write the undo file: {0}")]
    Backup(String),
    #[error("{0}")]
    Target(String),
}

impl Error {
    /// The server refused a command because it has no memory left for it.
    pub fn is_full(&self) -> bool {
        matches!(self, Error::Refused { reason, .. } if reason.starts_with("OOM"))
    }

    /// The server, or what answers in its place, knows no such command.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Error::Refused { reason, .. } if is_unknown(reason))
    }
}

fn full_script(user: Option<&str>) -> String {
    match user {
        Some(user) => format!("and {user} has no permission to run EVAL, which would be needed"),
        None => "nor a script".to_string(),
    }
}

impl Advice for Error {
    fn exit(&self) -> Exit {
        match self {
            Error::Authentication { .. }
            | Error::NoPassword { .. }
            | Error::Denied { .. }
            | Error::Forbidden { .. }
            | Error::Full { user: Some(_), .. } => Exit::Denied,
            Error::Target(_) => Exit::Usage,
            Error::Unsupported { .. } => Exit::Refused,
            Error::Database { exit, .. } => *exit,
            Error::Damaged { .. } | Error::Cut { .. } | Error::Unseen { .. } | Error::Alone { .. } => {
                Exit::Partial
            }
            Error::Connect { .. }
            | Error::Lost { .. }
            | Error::Timeout { .. }
            | Error::Cluster { .. }
            | Error::Moved { .. }
            | Error::ClusterDown { .. }
            | Error::Replica { .. }
            | Error::Detached { .. }
            | Error::Replaced { .. }
            | Error::Leaderless { .. }
            | Error::Service { .. }
            | Error::Loading { .. }
            | Error::Refused { .. }
            | Error::Full { .. }
            | Error::Answer { .. }
            | Error::Stuck { .. }
            | Error::File { .. }
            | Error::Backup(_) => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::Connect { reason: Reason::Absent(_), .. } => {
                "is the server running, and is this its address? Choose another with --store, \
                 SESSCTL_STORE or a profile"
            }
            Error::Authentication { place, .. } if place.starts_with("the sentinel ") => {
                "sentinels log in for themselves: give theirs with --sentinel-password-file FILE, or with \
                 ?sentinel_user= and sentinel_pass= in the store"
            }
            Error::Authentication { .. } => {
                "give the password with --password-file FILE or in the environment variable REDISCLI_AUTH, and \
                 an ACL user in the URL: redis://USER@HOST"
            }
            Error::Denied { user, command, .. } => return Some(advise_acl(user, command)),
            Error::Forbidden { become_user, .. } => {
                return Some(format!("run it as {become_user} or as root: sudo -u {become_user} sessctl …"));
            }
            Error::Lost { .. } => "run the command again; what was done stays done",
            Error::Timeout { .. } => "raise --timeout to give the server longer",
            Error::Loading { .. } => "try again once the server has loaded its data",
            Error::Cluster { .. } => {
                "sessions and their indexes are spread over several nodes, and one node alone can neither \
                 show nor end all of them; use the whole cluster, without --node"
            }
            Error::Moved { .. } => "run the command again once the slot has moved; what was done stays done",
            Error::ClusterDown { .. } | Error::Unseen { .. } => {
                "redis-cli --cluster check HOST:PORT says which nodes and slots are missing; run the command \
                 again once they are back"
            }
            Error::Alone { .. } => "leave out --node to see the whole cluster",
            Error::Replica { .. } => {
                "a replica can be read; name its primary with --store to change something (INFO replication \
                 says which it is)"
            }
            Error::Detached { .. } => {
                "name its primary, or another replica, with --store; replica-serve-stale-data is `no` there"
            }
            Error::Replaced { .. } => {
                "a replica has taken its place; run the command again, and name the service by its sentinels so that \
                 the primary is followed: redis-sentinel://HOST:26379,HOST2/SERVICE"
            }
            Error::Leaderless { .. } => {
                "name all sentinels (redis-sentinel://HOST:26379,HOST2,HOST3/SERVICE); `redis-cli -p 26379 SENTINEL \
                 MASTER SERVICE` says what one of them thinks"
            }
            Error::Service { known, .. } if known.is_empty() => "they monitor nothing",
            Error::Service { known, .. } => return Some(format!("they monitor {}", known.join(", "))),
            Error::Stuck { .. } => {
                "resume when the server has recovered, or with a wider limit; what was done stays done"
            }
            Error::Backup(_) => "nothing is changed that cannot be undone; make room, or pass --no-undo",
            Error::Target(_) => {
                "a store is redis://HOST:PORT/DB, rediss://HOST:PORT/DB, unix:///PATH?db=N, \
                 redis-cluster://HOST:PORT,HOST:PORT, redis-sentinel://HOST,HOST/SERVICE, or a dump: rdb:PATH?db=N"
            }
            Error::Unsupported { hint, .. } => hint,
            Error::Database { hint, .. } => return hint.clone(),
            Error::Damaged { .. } => {
                "everything readable was read; redis-check-rdb (or redis-check-aof) says what a server makes of the file"
            }
            Error::Cut { .. } => {
                "everything that came was read; run the command again, or leave ?via=snapshot out of the store (the \
                 server's log may say why it stopped: client-output-buffer-limit, a failed save)"
            }
            Error::File { hint, .. } => return hint.clone(),
            Error::Full { user: Some(user), .. } => return Some(advise_acl(user, "EVAL")),
            Error::Full { .. } => ROOM,
            Error::Refused { .. } if self.is_full() => ROOM,
            Error::Refused { .. } if self.is_unknown() => {
                "the server does not know that command: it is too old, the command was renamed, or a proxy answers in \
                 its place, as with managed services; name the servers behind it directly"
            }
            Error::Refused { command, .. } if command == "SELECT" => {
                "this server does not have that database; clusters and proxies have only 0"
            }
            // Other reasons, such as a certificate, say themselves what to do.
            Error::Connect { reason: Reason::Unfit(_), .. }
            | Error::NoPassword { .. }
            | Error::Refused { .. }
            | Error::Answer { .. } => return None,
        };
        Some(hint.to_string())
    }
}

/// Whether a server says that there is no such command, in its own words or a proxy's.
fn is_unknown(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["unknown command", "unsupported command", "command not supported", "not supported by"]
        .iter()
        .any(|words| reason.contains(words))
}

/// What helps a server that is full.
const ROOM: &str = "the server has no memory left: give it some (CONFIG SET maxmemory) or make room, and run the command \
                    again; what was done stays done";

/// Whether it is one of those by which a replica gets what there is.
pub fn is_replication(command: &str) -> bool {
    matches!(command, "PSYNC" | "REPLCONF" | "SYNC")
}

/// The rule that permits a command, as an administrator would type it.
fn advise_acl(user: &str, command: &str) -> String {
    if let Some((_, keys)) = command.split_once(" on ") {
        return format!("the key patterns of {user} leave out {keys}; `sessctl acl` prints rules with them");
    }
    // A subcommand is permitted as `+client|setname`.
    let rule = command.trim().to_ascii_lowercase().replace(' ', "|");
    // Neither is of use without the other.
    let rule = if is_replication(command) { "psync +replconf" } else { &rule };
    format!("an administrator can allow it: ACL SETUSER {user} +{rule}")
}
