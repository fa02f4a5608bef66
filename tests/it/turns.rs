//! How often the program waits for its server: over a slow link that is what a change takes. It is a
//! handful of turns a batch, whatever the layout keeps beside its sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::support::proxy::Proxy;
use crate::support::*;

/// Replaces all of these, which are as long as what they are replaced by.
fn replaced(bytes: &[u8], names: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (old, new) in names {
        let mut at = 0;
        while let Some(found) = bytes[at..].windows(old.len()).position(|part| part == old) {
            at += found;
            bytes[at..at + old.len()].copy_from_slice(new);
            at += old.len();
        }
    }
    bytes
}

/// Fills the store with sessions like those that are in it, of users like theirs, until there are so
/// many; indexes that are everybody's grow, and those of one user are one more.
fn multiply(sess: &Sess, layout: &str, many: usize) {
    let rows = sess.rows(&["--layout", layout]);
    let texts = |member: &str| -> BTreeSet<String> {
        rows.iter().filter_map(|row| row[member].as_str()).map(str::to_string).collect()
    };
    let names: BTreeSet<String> = texts("id").union(&texts("user")).cloned().collect();
    let (contents, ends) = (sess.server.contents(), sess.server.snapshot());
    let mut pipe = redis::pipe();
    for n in 0..many.div_ceil(rows.len()) {
        let names: Vec<(Vec<u8>, Vec<u8>)> = names
            .iter()
            .filter(|name| name.len() > 2)
            .map(|name| {
                (name.clone().into_bytes(), format!("{}{n:02}", &name[..name.len() - 2]).into_bytes())
            })
            .collect();
        for (key, content) in &contents {
            let new = replaced(key, &names);
            match content {
                Content::Text(text) if new != *key => {
                    pipe.cmd("SET").arg(&new).arg(replaced(text, &names)).ignore();
                }
                Content::Text(_) => continue,
                Content::Fields(fields) => {
                    for (field, value) in fields {
                        let (field, value) = (replaced(field, &names), replaced(value, &names));
                        pipe.cmd("HSET").arg(&new).arg(field).arg(value).ignore();
                    }
                }
                Content::Members(members) => {
                    for member in members {
                        pipe.cmd("SADD").arg(&new).arg(replaced(member, &names)).ignore();
                    }
                }
                Content::Scored(members) => {
                    for (member, score) in members {
                        pipe.cmd("ZADD").arg(&new).arg(*score).arg(replaced(member, &names)).ignore();
                    }
                }
            }
            let end = ends[key].1;
            if end > 0 {
                pipe.cmd("PEXPIREAT").arg(&new).arg(end).ignore();
            }
        }
    }
    pipe.exec(&mut sess.server.connect()).expect("more of them");
}

#[test]
fn a_batch_costs_a_handful_of_turns_whatever_the_layout() {
    for slug in ["spring-session-indexed", "redis-sessions", "overleaf", "better-auth", "sa-token"] {
        let layout = layout_names(slug)[0].clone();
        let sess = Sess::new().load(slug);
        multiply(&sess, &layout, 100);
        let proxy = Proxy::to(&sess.server).latency(Duration::from_millis(3));
        let url = proxy.url();
        let sess = sess.global(&["--store", &url]);
        let turns = |args: &[&str], most: usize| {
            proxy.pass();
            let ran = sess.args([args, &["-o", "json"]].concat());
            if ran.code == Some(5) {
                return None;
            }
            let report = ran.success().json();
            let turns = proxy.turns();
            assert!(turns <= most, "{slug} {args:?}: {turns} turns for {report}");
            Some(report)
        };
        let before = sess.server.contents();
        let purge = ["purge", "--all", "--layout", &layout, "--yes", "--max", "none"];
        let report = turns(&purge, 40).expect("it ends them");
        assert!(report["done"].as_u64() >= Some(90), "{slug}: {report}");
        let back = turns(&["undo", "--yes"], 30).expect("it puts them back");
        assert_eq!((&back["done"], &back["changed"]), (&report["done"], &json!(0)), "{slug}");
        assert!(sess.server.contents() == before, "{slug}");
        let expire = ["expire", "--all", "--in", "9d", "--layout", &layout, "--yes", "--max", "none"];
        let Some(report) = turns(&expire, 40) else { continue };
        assert!(report["done"].as_u64() >= Some(90), "{slug}: {report}");
        let back = turns(&["undo", "--yes"], 30).expect("it puts them back");
        assert_eq!((&back["done"], &back["changed"]), (&report["done"], &json!(0)), "{slug}");
        assert!(sess.server.contents() == before, "{slug}");
    }
}

#[test]
fn a_key_that_is_written_all_the_time_costs_itself_only() {
    // The list of one user is written before each transaction that was to change it.
    let sess = Sess::new().load("better-auth");
    let layout = layout_names("better-auth")[0].clone();
    multiply(&sess, &layout, 60);
    let sessions = sess.rows(&["--layout", &layout]).len();
    let before = sess.server.contents();
    let busy = before
        .iter()
        .find(|(_, content)| matches!(content, Content::Text(text) if text.starts_with(b"[")))
        .map(|(key, _)| key.clone())
        .expect("a list");
    let proxy = Proxy::to(&sess.server);
    let url = proxy.url();
    let sess = sess.global(&["--store", &url]);
    let key = busy.clone();
    // From the sessions' own transactions on.
    proxy.before("EXEC", 0, move |server| {
        redis::cmd("APPEND").arg(&key).arg(" ").exec(server).expect("APPEND");
    });
    let ran = sess.args(["purge", "--all", "--layout", &layout, "--yes", "-o", "json"]);
    let report = ran.json();
    assert_eq!(report["done"], sessions, "{report}: {}", ran.stderr);
    assert!(ran.stderr.contains("being written continuously"), "{}", ran.stderr);
    proxy.pass();
    let after = sess.server.contents();
    let lists = |contents: &std::collections::BTreeMap<Vec<u8>, Content>| {
        contents
            .iter()
            .filter(|(_, content)| matches!(content, Content::Text(text) if text.starts_with(b"[")))
            .map(|(key, _)| key.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(lists(&after), [busy]);
}
