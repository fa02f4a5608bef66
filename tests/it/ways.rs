//! Each way in which sessions end, with a writer at every point between two requests: what was written
//! behind the match is never lost, reports add up, and undo brings back what went.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value as Json, json};

use crate::support::proxy::Proxy;
use crate::support::*;

/// What a writer does to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writes {
    /// Another value, for as long as before.
    Changes,
    /// The same value, to end at another time.
    Touches,
    /// It is logged out.
    Deletes,
    /// Another session under the same id.
    Recreates,
    /// The same bytes once more.
    RecreatesTheSame,
}

const ALL: [Writes; 5] =
    [Writes::Changes, Writes::Touches, Writes::Deletes, Writes::Recreates, Writes::RecreatesTheSame];

/// When a session that is touched or made anew ends, in ms since 1970.
const LATER: i64 = 4_000_000_000_000;

/// Writes, and says whether there was a session to write.
fn write(what: Writes, key: &str, old: &str, new: &str, server: &mut redis::Connection) -> bool {
    let there: bool = redis::cmd("EXISTS").arg(key).query(server).expect("EXISTS");
    let mut set = redis::cmd("SET");
    match what {
        Writes::Changes => set.arg(key).arg(new).arg("XX").arg("KEEPTTL").exec(server).expect("SET"),
        Writes::Touches => redis::cmd("PEXPIREAT").arg(key).arg(LATER).exec(server).expect("PEXPIREAT"),
        Writes::Deletes => redis::cmd("DEL").arg(key).exec(server).expect("DEL"),
        Writes::Recreates | Writes::RecreatesTheSame => {
            redis::cmd("DEL").arg(key).exec(server).expect("DEL");
            let value = if what == Writes::Recreates { new } else { old };
            set.arg(key).arg(value).arg("PXAT").arg(LATER).exec(server).expect("SET");
        }
    }
    there
}

/// What a session holds and when it ends: one of these times, where the server does not tell to the millisecond.
fn get(sess: &Sess, key: &str, ends: [i64; 2]) -> (Option<String>, i64) {
    const CLOSE: i64 = 2_000;
    let value = redis::cmd("GET").arg(key).query(&mut sess.server.connect()).expect("GET");
    let end = sess.server.ends_at(key);
    let exact = sess.server.knows("PEXPIRETIME");
    let near = ends.into_iter().find(|one| !exact && (one - end).abs() < CLOSE);
    (value, near.unwrap_or(end))
}

fn count(report: &Json, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("{name}: {report}"))
}

/// Whether sessions end once all of them are matched, or while they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passes {
    Two,
    One,
}

/// Purges four sessions while one of them is written, at every point, with and without an undo file.
/// `ways` are the commands of which one has to have been used when nobody writes.
fn at_every_point(server: Server, ways: &[&str], rules: &[&str], passes: Passes) {
    at_points(server, ways, rules, passes, 4, 1);
}

/// The same with so many sessions, at every so many points.
pub(crate) fn at_points(
    server: Server,
    ways: &[&str],
    rules: &[&str],
    passes: Passes,
    many: u64,
    every: usize,
) {
    let sess = Sess::on(server);
    let proxy = Proxy::to(&sess.server);
    let url = if rules.is_empty() {
        proxy.url()
    } else {
        sess.server.command(&[&["ACL", "SETUSER", "ops", "reset", "on", ">pw"], rules].concat());
        proxy.url().replace("unix://", "unix://ops:pw@")
    };
    let sess = sess.global(&["--store", &url, "--layout", "connect-redis"]);
    let key = |n: u64| format!("sess:{}", sid(n as usize));
    let value = |n: u64| express(Some(&format!("user{n}")), &json!({ "state": "old" }));
    let newer = express(Some("somebody-else"), &json!({ "state": "new" }));
    let end = |n: u64| LATER - 1_000_000_000 + n as i64;
    let there = |n: u64| get(&sess, &key(n), [LATER, end(n)]);
    let reset = || {
        proxy.pass();
        sess.server.flush();
        let mut pipe = redis::pipe();
        for n in 0..many {
            pipe.cmd("SET").arg(key(n)).arg(value(n)).arg("PXAT").arg(end(n)).ignore();
        }
        pipe.exec(&mut sess.server.connect()).expect("SET");
    };
    for undo in [true, false] {
        let mut purge = vec!["purge", "--all", "--yes", "-o", "json"];
        if passes == Passes::One {
            purge.extend(["--max", "none"]);
        }
        purge.extend((!undo).then_some("--no-undo"));
        reset();
        let told = if passes == Passes::One { ": one pass, " } else { ": two passes, " };
        sess.args([&purge[..], &["-v"]].concat()).success().says(told);
        let seen = proxy.seen();
        assert!(ways.iter().any(|way| seen.iter().any(|verb| verb == way)), "{ways:?}: {seen:?}");
        let points = seen.len();
        let of =
            |(at, what): (usize, Writes)| (at % every + 1..=points).step_by(every).map(move |n| (what, n));
        for (what, n) in ALL.into_iter().enumerate().flat_map(of) {
            reset();
            let victim = n as u64 % many;
            let wrote = Arc::new(Mutex::new(None));
            let (to, key_of, old, new) = (Arc::clone(&wrote), key(victim), value(victim), newer.clone());
            proxy.at(n, move |server| {
                let there = write(what, &key_of, &old, &new, server);
                *to.lock().unwrap_or_else(PoisonError::into_inner) = Some(there);
            });
            let ran = sess.args(&purge);
            let about = format!("{what:?} at {n} of {}, undo {undo}: {}", seen.len(), ran.stderr);
            let report = ran.success().json();
            proxy.pass();
            let sum: u64 =
                ["done", "gone", "changed", "failed"].iter().map(|name| count(&report, name)).sum();
            let [matched, done, changed, failed] =
                ["matched", "done", "changed", "failed"].map(|name| count(&report, name));
            assert_eq!((matched, failed), (sum, 0), "{about}: {report}");
            assert!(matched + 1 >= many && done + 1 >= many, "{about}: {report}");
            for n in (0..many).filter(|n| *n != victim) {
                assert_eq!(there(n).0, None, "{about}");
            }
            let Some(was_there) = *wrote.lock().unwrap_or_else(PoisonError::into_inner) else { continue };
            let (left, _) = there(victim);
            let wrote_anew = matches!(what, Writes::Recreates | Writes::RecreatesTheSame);
            // What is called changed is there, and what was there is not lost without being called done.
            assert!(changed == 0 || left.is_some(), "{about}: {report}");
            if left.is_some() && was_there {
                assert!(changed == 1 || (wrote_anew && matched < many), "{about}: {report}");
            }
            if was_there && what == Writes::Changes {
                assert_eq!(left.is_some(), changed == 1, "{about}: {report}");
            }
            if !undo {
                continue;
            }
            // A run that matched all but the victim, which was not there then, has as much to undo.
            sess.args(["undo", "--yes"]).success();
            for n in (0..many).filter(|n| *n != victim) {
                assert_eq!(there(n), (Some(value(n)), end(n)), "{about}");
            }
            let (back, ends) = there(victim);
            match what {
                // Whether it stayed or went and came back, it is the newest.
                Writes::Changes if was_there => {
                    assert_eq!((back, ends), (Some(newer.clone()), end(victim)), "{about}");
                }
                Writes::Recreates => assert_eq!((back, ends), (Some(newer.clone()), LATER), "{about}"),
                Writes::Changes => assert_eq!((back, ends), (Some(value(victim)), end(victim)), "{about}"),
                Writes::Touches | Writes::RecreatesTheSame => {
                    assert_eq!(back, Some(value(victim)), "{about}");
                    // A value tells nothing of when it ends: what goes by it may come back with the end
                    // that it had a moment before.
                    let moved = ends == LATER;
                    let before = ends == end(victim) && (!was_there || !ways.contains(&"WATCH"));
                    assert!(moved || before, "{about}: {ends}");
                }
                Writes::Deletes if back.is_some() => {
                    assert_eq!((back, ends), (Some(value(victim)), end(victim)), "{about}");
                    assert!(done == many, "{about}: {report}");
                }
                Writes::Deletes => assert!(was_there && done < many, "{about}: {report}"),
            }
        }
    }
}

const BY_VALUE: [&str; 2] = ["DELIFEQ", "DELEX"];

/// Whether it compares by itself.
fn compares(server: &Server) -> bool {
    BY_VALUE.iter().any(|name| server.knows(name))
}

/// The commands of which this server's own way takes one.
pub(crate) fn ways_of(server: &Server) -> &'static [&'static str] {
    if compares(server) { &BY_VALUE } else { &["WATCH"] }
}

/// At every so many of the points, in both passes.
fn each_in_both(server: impl Fn() -> Option<Server>, ways: &[&str], rules: &[&str], every: usize) {
    for passes in [Passes::Two, Passes::One] {
        let Some(server) = server() else { return };
        at_points(server, ways, rules, passes, 4, every);
    }
}

#[test]
fn by_transactions() {
    at_every_point(Server::start(), &["WATCH"], &[], Passes::Two);
}

#[test]
fn by_transactions_in_one_pass() {
    at_every_point(Server::start(), &["WATCH"], &[], Passes::One);
}

#[test]
fn by_transactions_in_one_pass_of_several_portions() {
    at_points(Server::start(), &["WATCH"], &[], Passes::One, 120, 41);
}

#[test]
fn in_the_way_of_another_server_in_one_pass_of_several_portions() {
    let Some(server) = Server::other().filter(compares) else { return };
    at_points(server, &BY_VALUE, &[], Passes::One, 220, 97);
}

#[test]
fn by_transactions_where_strings_are_asked_one_by_one() {
    each_in_both(|| Some(Server::start()), &["WATCH"], &["~*", "&*", "+@all", "-mget"], 1);
}

#[test]
fn in_the_ways_of_other_servers() {
    for name in ["redis-8.2", "valkey-9.1"] {
        let Some(ways) = Server::of(name).as_ref().map(ways_of) else { continue };
        each_in_both(|| Server::of(name), ways, &[], 3);
    }
}

#[test]
fn on_another_server_without_the_right_to_its_way() {
    let Some(server) = Server::other().filter(compares) else { return };
    let taken: Vec<String> = BY_VALUE
        .iter()
        .filter(|name| server.knows(name))
        .map(|name| format!("-{}", name.to_lowercase()))
        .collect();
    let mut rules = vec!["~*", "&*", "+@all"];
    rules.extend(taken.iter().map(String::as_str));
    each_in_both(Server::other, &["WATCH"], &rules, 3);
}
