//! What went wrong between us and a server, in plain words.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::{Error, Reason};
use crate::text::words::unnumbered;

/// What answers is not a Redis server.
const FOREIGN: &str = "what answers there does not speak Redis; is it another service's port, or one that expects TLS (rediss://)?";
/// The seconds that a timeout error speaks of. There is one target a run, and [`classify`] is called
/// from places that do not know it.
static ANSWER_WITHIN: AtomicU64 = AtomicU64::new(30);

/// What timeout errors are to say from now on.
pub(super) fn answers_within(limit: Duration) {
    ANSWER_WITHIN.store(limit.as_secs().max(1), Ordering::Relaxed);
}

/// What an error in the middle of the work means.
pub(super) fn classify(error: &RedisError, place: &str, user: &str, command: &str) -> Error {
    let place = place.to_string();
    let reason = detail(error);
    // The server names what it does not permit; which question the answer was taken for says less.
    let command = not_permitted(&reason).unwrap_or_else(|| command.to_string());
    if error.is_timeout() {
        return Error::Timeout { place, seconds: ANSWER_WITHIN.load(Ordering::Relaxed) };
    }
    match error.kind() {
        ErrorKind::Io => return Error::Lost { place, reason },
        ErrorKind::AuthenticationFailed => return Error::Authentication { place, reason },
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => return Error::Answer { place, command },
        ErrorKind::Server(kind) => match kind {
            ServerErrorKind::NoPerm => return Error::Denied { place, user: user.to_string(), command },
            ServerErrorKind::BusyLoading => return Error::Loading { place },
            ServerErrorKind::ReadOnly => return Error::Replica { place },
            ServerErrorKind::Moved | ServerErrorKind::Ask => {
                // `SLOT HOST:PORT`
                let to = error.detail().and_then(|detail| detail.split_whitespace().nth(1));
                let asking = kind == ServerErrorKind::Ask;
                return Error::Moved { place, to: to.unwrap_or_default().to_string(), asking };
            }
            ServerErrorKind::TryAgain => return Error::Moved { place, to: String::new(), asking: false },
            ServerErrorKind::CrossSlot => return Error::Cluster { place },
            ServerErrorKind::ClusterDown => return Error::ClusterDown { place, reason },
            ServerErrorKind::MasterDown => return Error::Detached { place },
            _ => {}
        },
        _ => {}
    }
    match error.code() {
        Some("NOAUTH") => {
            Error::Authentication { place, reason: "it wants a password, and none was given".to_string() }
        }
        Some("WRONGPASS") => Error::Authentication {
            place,
            reason: "the user or the password is wrong, or the user is off".to_string(),
        },
        // A transaction's last word may be about what was forbidden in it, or about EXEC itself.
        Some("EXECABORT") if reason.contains("NOPERM") => {
            Error::Denied { place, user: user.to_string(), command }
        }
        // Servers before 6.0.
        _ if reason.contains("invalid password") => {
            Error::Authentication { place, reason: "the password is wrong".to_string() }
        }
        _ => Error::Refused { place, command, reason },
    }
}

/// The command that an ACL forbids by what the server says of it (Redis 6.0 to 8, `acl.c`:
/// `getAclErrorMessage`): `no permissions to run the 'memory|usage' command`.
fn not_permitted(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once("no permissions to run the '")?;
    let (name, _) = rest.split_once('\'')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '|' | '-' | '_' | '.');
    (!name.is_empty() && name.len() < 64 && name.chars().all(is_name))
        .then(|| name.to_ascii_uppercase().replace('|', " "))
}

/// What the server or the system said, on one line.
pub(super) fn detail(error: &RedisError) -> String {
    if let Some(io) = io_error(error) {
        return plain(io);
    }
    let text = match (error.code(), error.detail()) {
        (Some("ERR") | None, Some(detail)) => detail.to_string(),
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    };
    text.lines().next().unwrap_or_default().to_string()
}

/// The system's error inside.
fn io_error(error: &RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    if let Some(shared) = source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>() {
        return shared.downcast_ref::<io::Error>();
    }
    source.downcast_ref::<io::Error>()
}

/// A system error without its number.
pub(super) fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the server closed the connection".to_string()
        }
        _ => unnumbered(&error.to_string()),
    }
}

/// Why a connection did not come about, in plain words.
pub(super) fn unreachable(error: &RedisError, place: &str) -> Error {
    let socket = place.starts_with("unix:");
    let secure = place.starts_with("rediss:");
    let absent = |text: &str| Reason::Absent(text.to_string());
    let unfit = |text: &str| Reason::Unfit(text.to_string());
    let reason = if let Some(io) = io_error(error) {
        let text = io.to_string();
        match io.kind() {
            io::ErrorKind::NotFound if socket => absent("there is no such socket file"),
            io::ErrorKind::ConnectionRefused if socket => {
                absent("the socket file is there, but nobody listens on it")
            }
            io::ErrorKind::PermissionDenied if socket => unfit("you may not use the socket file"),
            io::ErrorKind::ConnectionRefused => absent("nobody listens there"),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock if secure => {
                absent("no answer in time (--connect-timeout); perhaps it does not speak TLS on this port")
            }
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                absent("no answer in time (--connect-timeout)")
            }
            _ if secure && text.contains("InvalidContentType") => {
                unfit("the server does not speak TLS on this port; try redis://")
            }
            _ if text.contains("invalid peer certificate") || text.contains("CertificateRequired") => {
                Reason::Unfit(tls_reason(&text))
            }
            _ if text.contains("failed to lookup address") => absent("the host name is not known"),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
                if !secure && !socket =>
            {
                unfit("the server closed the connection; if it expects TLS, use rediss://")
            }
            _ => Reason::Unfit(plain(io)),
        }
    } else if error.kind() == ErrorKind::Parse {
        unfit(FOREIGN)
    } else if error.code() == Some("DENIED") {
        unfit("the server is in protected mode: it has no password and answers its own machine only")
    } else {
        Reason::Unfit(tls_reason(&detail(error)))
    };
    Error::Connect { place: place.to_string(), reason }
}

/// What is wrong with TLS, in plain words where it is known.
pub(in crate::store) fn tls_reason(text: &str) -> String {
    if text.contains("invalid peer certificate") {
        certificate(text)
    } else if text.contains("CertificateRequired") {
        "the server wants a client certificate; give it with --cert and --key".to_string()
    } else if text.contains("KeyMismatch") {
        "the key is not the one of the client certificate (--cert, --key)".to_string()
    } else {
        text.to_string()
    }
}

/// rustls's words for a certificate that it does not take.
fn certificate(text: &str) -> String {
    if text.contains("UnknownIssuer") || text.contains("CaUsedAsEndEntity") {
        "the server's TLS certificate is not signed by a known authority; name its own with --cacert"
            .to_string()
    } else if text.contains("NotValidForName") || text.contains("not valid for name") {
        "the server's TLS certificate is for another host name; say with --sni NAME which it was made for"
            .to_string()
    } else if text.contains("xpired") {
        "the server's TLS certificate has expired".to_string()
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_errors_are_told_apart() {
        let server = |line: &str| {
            let value = ::redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("an answer");
            value.extract_error().expect_err("an error")
        };
        let cases = [
            ("NOAUTH Authentication required.", "wants a password"),
            ("WRONGPASS invalid username-password pair or user is disabled.", "is wrong"),
            ("ERR invalid password", "the password is wrong"),
            (
                "NOPERM this user has no permissions to run the 'get' command",
                "ops has no permission to run GET",
            ),
            ("LOADING Redis is loading the dataset in memory", "still loading"),
            ("READONLY You can't write against a read only replica.", "read-only replica"),
            ("MOVED 866 127.0.0.1:7001", "moving to another node"),
            ("ASK 866 127.0.0.1:7001", "moving to another node"),
            ("TRYAGAIN Multiple keys request during rehashing of slot", "moving to another node"),
            ("CROSSSLOT Keys in request don't hash to the same slot", "node of a Redis Cluster"),
            ("CLUSTERDOWN The cluster is down", "does not serve all keys"),
            (
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                "lost its primary",
            ),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                "refused GET: OOM command not allowed",
            ),
            ("ERR unknown command", "refused GET: unknown command"),
        ];
        for (line, expected) in cases {
            let error = classify(&server(line), "redis://db1:6379/0", "ops", "GET").to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
        let io = |kind: io::ErrorKind| classify(&RedisError::from(io::Error::from(kind)), "p", "u", "GET");
        assert!(matches!(io(io::ErrorKind::WouldBlock), Error::Timeout { .. }));
        assert!(matches!(io(io::ErrorKind::UnexpectedEof), Error::Lost { .. }));
    }
}
