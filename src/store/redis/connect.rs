//! From an address to a connection that is logged in.

use ::redis::{ErrorKind, RedisError, Value};

use super::dial::{self, Failed};
use super::failure::{answers_within, classify, detail, tls_reason, unreachable};
use super::target::{Target, connecting};
use super::wire::Wire;
use crate::store::Error;

/// What answers watches over Redis servers and holds no keys.
const SENTINEL: &str = "this is a Sentinel, which holds no sessions; name the service that it watches over: \
                        redis-sentinel://HOST:26379/SERVICE (redis-cli -p 26379 SENTINEL MASTERS lists them)";

/// Connects, logs in and says who we are.
///
/// Also whether it is a cluster's.
pub(super) fn connect(target: &Target) -> Result<(Wire, bool), Error> {
    answers_within(target.timeout);
    let place = target.place();
    let mut wire = dialled(target)?;
    let cluster = introduce(&mut wire, target, &place)?;
    wire.limit(target.timeout).map_err(|error| unreachable(&error.into(), &place))?;
    Ok((wire, cluster))
}

/// The bare connection.
pub(super) fn dialled(target: &Target) -> Result<Wire, Error> {
    let place = target.place();
    dial::dial(target).map_err(|failed| match failed {
        Failed::Io(error) => unreachable(&error.into(), &place),
        Failed::Tls(reason) => connecting(&place, tls_reason(&reason)),
    })
}

/// Logs in, names the connection, keeps what is read from looking used, and says whether it is a
/// cluster's. All of it is sent in one go.
fn introduce(wire: &mut Wire, target: &Target, place: &str) -> Result<bool, Error> {
    let user = target.user_name();
    let login = target.login(place)?;
    if login.is_none() && target.user.is_some() {
        let reason = "a user was named, but no password was given".to_string();
        return Err(Error::Authentication { place: place.to_string(), reason });
    }
    let mut commands = Vec::new();
    if let Some((password, _)) = &login {
        let mut auth = ::redis::cmd("AUTH");
        if let Some(user) = &target.user {
            auth.arg(user);
        }
        commands.extend(auth.arg(password.reveal()).get_packed_command());
    }
    if target.db != 0 {
        commands.extend(::redis::cmd("SELECT").arg(target.db).get_packed_command());
    }
    commands.extend(::redis::cmd("CLIENT").arg("SETNAME").arg("sessctl").get_packed_command());
    // Reading must not keep sessions from being evicted; older servers do not know it.
    commands.extend(::redis::cmd("CLIENT").arg("NO-TOUCH").arg("ON").get_packed_command());
    commands.extend(::redis::cmd("INFO").arg("cluster").get_packed_command());
    // A server that hangs up at once may have said why.
    let sent = wire.send(&commands);
    let mut answer = || wire.answer().and_then(Value::extract_error);

    if let Some((_, optional)) = login
        && let Err(error) = answer()
    {
        let reason = detail(&error);
        if reason.contains("without any password configured") || reason.contains("no password is set") {
            // redis-cli goes on as well when only the environment holds a password.
            if !optional {
                return Err(Error::NoPassword { place: place.to_string() });
            }
        } else if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) || error.code() == Some("DENIED") {
            return Err(unreachable(sent.as_ref().err().unwrap_or(&error), place));
        } else {
            return Err(classify(&error, place, user, "AUTH"));
        }
    }
    if target.db != 0 {
        answer().map_err(|error| {
            if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) || error.code() == Some("DENIED") {
                unreachable(&error, place)
            } else {
                classify(&error, place, user, "SELECT")
            }
        })?;
    }
    // The first answer of all where there was no login: a server that cannot be used says so here.
    // That the user may not name the connection does no harm.
    if let Err(error) = answer() {
        if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse)
            || error.code() == Some("DENIED")
            || detail(&error).contains("max number of clients")
        {
            return Err(unreachable(&error, place));
        }
        if let found @ (Error::Authentication { .. } | Error::NoPassword { .. }) =
            classify(&error, place, user, "CLIENT SETNAME")
        {
            return Err(found);
        }
    }
    let lost = |error: RedisError| matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse).then_some(error);
    if let Some(error) = answer().err().and_then(lost) {
        return Err(unreachable(&error, place));
    }
    let info = match answer() {
        Ok(info) => ::redis::from_redis_value::<String>(info).unwrap_or_default(),
        Err(error) => match lost(error) {
            Some(error) => return Err(unreachable(&error, place)),
            None => String::new(),
        },
    };
    let enabled = member(&info, "cluster_enabled");
    // A Sentinel has nothing to say about clusters, and no keys to look at.
    if enabled.is_none() {
        let info = ::redis::cmd("INFO").arg("server").query::<String>(wire).unwrap_or_default();
        if info.contains("redis_mode:sentinel") {
            return Err(connecting(place, SENTINEL.to_string()));
        }
    }
    let cluster = enabled == Some(1);
    // One node shows its own slots only; anyone who takes it for itself says so.
    if cluster && !target.node {
        return Err(Error::Cluster { place: place.to_string() });
    }
    Ok(cluster)
}

/// The lines `db0:keys=12,expires=3,…` of an answer to INFO.
pub(super) fn keyspace(text: &str) -> Vec<(u32, u64)> {
    let database = |line: &str| {
        let (number, rest) = line.strip_prefix("db")?.split_once(":keys=")?;
        Some((number.parse().ok()?, rest.split(',').next()?.trim().parse().ok()?))
    };
    text.lines().filter_map(database).collect()
}

/// A number in an answer of `name:value` lines.
fn member(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_not_there_is_said_to_be_so() {
        let target = Target::parse("unix:///nonexistent/sessctl.sock").expect("well written");
        let Err(error) = connect(&target) else { panic!("there is a server") };
        assert_eq!(
            error.to_string(),
            "cannot connect to unix:///nonexistent/sessctl.sock?db=0: there is no such socket file"
        );
    }
}
