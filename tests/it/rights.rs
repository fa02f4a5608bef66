//! The server's own permissions: the rules of the README are enough for every layout, and a right that
//! lacks is named, whichever it is.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::*;

/// A user of the README and the words of its rule.
fn rule(user: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).expect("README.md");
    let start = format!("ACL SETUSER {user} ");
    let line = readme.lines().find(|line| line.starts_with(&start)).expect("a rule");
    line.split(' ').map(str::to_string).collect()
}

/// Runs as that user.
pub(crate) fn run_as(sess: &Sess, user: &str, args: &[&str]) -> Ran {
    let store = sess.server.url_of(user, "CHANGE-ME");
    sess.args([args, &["--store", &store]].concat())
}

/// A server with both users of the README.
fn with_users() -> Sess {
    let sess = Sess::new();
    for user in ["sessctl-read", "sessctl-purge"] {
        sess.server.command(&rule(user));
    }
    sess
}

/// The options by which a captured store is read.
fn named(sess: &Sess, slug: &str) -> Vec<String> {
    let mut options = expected(slug)["config"].clone();
    if let Some(options) = options.as_object_mut() {
        options.remove("other_prefixes");
    }
    let config = sess.write("config.toml", sess.profile_text(&layout_names(slug)[0], &options));
    private(&config);
    ["--config", config.to_str().expect("a path"), "--profile", "p"].map(str::to_string).to_vec()
}

#[test]
fn the_rules_of_the_readme_are_enough_for_every_layout() {
    let sess = with_users();
    for slug in fixtures() {
        sess.server.flush();
        sess.restore(&slug);
        sess.release_locks();
        let named = named(&sess, &slug);
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let read = |args: &[&str]| run_as(&sess, "sessctl-read", &[args, &named].concat());
        let change = |args: &[&str]| run_as(&sess, "sessctl-purge", &[args, &named].concat());
        let about = |ran: &Ran| format!("{slug}: {}", ran.stderr);
        let before = sess.server.snapshot();
        // By the layout's name, and as it is found.
        run_as(&sess, "sessctl-read", &["list", "-o", "json"]).success();
        let rows = read(&["list", "-o", "json"]).success().json();
        read(&["count"]).success();
        let first = &rows.as_array().expect("rows")[0];
        read(&["inspect", first["key"].as_str().expect("a key")]).success();
        for user in rows.as_array().expect("rows").iter().filter_map(|row| row["user"].as_str()).take(1) {
            let ran = read(&["purge", "--user", user, "--dry-run"]);
            assert!(matches!(ran.code, Some(0 | 5)), "{}", about(&ran));
        }
        let ran = read(&["purge", "--all", "--dry-run"]);
        assert!(matches!(ran.code, Some(0 | 5)), "{}", about(&ran));
        if ran.code == Some(0) {
            read(&["purge", "--all", "--yes"]).code(4);
        }
        assert!(sess.server.snapshot() == before, "{slug}");
        // A session that its framework has ended has no end that could be moved.
        for args in [&["expire", "--all", "--in", "2h", "--yes"][..], &["purge", "--all", "--yes"]] {
            let ran = change(args);
            assert!(matches!(ran.code, Some(0 | 3 | 5)), "{args:?}: {}", about(&ran));
            assert!(!ran.stderr.contains("no permission to run"), "{args:?}: {}", about(&ran));
            let undone = change(&["undo", "--yes"]);
            assert!(matches!(undone.code, Some(0 | 1)), "{args:?}: {}", about(&undone));
            assert!(!undone.stderr.contains("no permission to run"), "{args:?}: {}", about(&undone));
            assert!(sess.server.snapshot().keys().eq(before.keys()), "{args:?}: {slug}");
        }
    }
    run_as(&sess, "sessctl-read", &["discover"]).success();
}

#[test]
fn all_rights_are_named_at_once() {
    let sess = with_users();
    sess.server.command(&["SET", "sess:one", r#"{"cookie":{}}"#]);
    sess.server.command(&["ACL", "SETUSER", "sessctl-read", "-getrange", "-hgetall"]);
    let ran = run_as(&sess, "sessctl-read", &["list"]).code(4);
    ran.says("all that reading takes: +scan +type +get +getrange ").says(" +hgetall ");
    let ran = run_as(&sess, "sessctl-read", &["purge", "--all", "--yes"]).code(4);
    ran.says("all that a change takes: +scan ").says(" +unlink ");
}

#[test]
fn a_right_that_lacks_is_named() {
    let rule = rule("sessctl-purge");
    let rights: Vec<&String> = rule.iter().filter(|word| word.starts_with('+')).collect();
    assert!(rights.len() > 30);
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for slug in ["webseal", "spring-session-indexed"] {
        let layout = layout_names(slug)[0].clone();
        let sess = Sess::new().load(slug);
        let before = sess.server.snapshot();
        let restore = || {
            sess.server.put_back(&before);
        };
        for right in &rights {
            let lacking: Vec<&str> = rule.iter().filter(|word| word != right).map(String::as_str).collect();
            sess.server.command(&["ACL", "DELUSER", "sessctl-purge"]);
            sess.server.command(&lacking);
            restore();
            for args in [
                &["discover"][..],
                &["expire", "--all", "--in", "2h", "--yes"],
                &["undo", "--yes"],
                &["purge", "--all", "--yes"],
                &["undo", "--yes"],
            ] {
                let ran = run_as(&sess, "sessctl-purge", &[args, &["--layout", &layout]].concat());
                let about = format!("{slug} without {right}: {args:?}: {}", ran.stderr);
                let word = right.trim_start_matches('+');
                let right_name = word.to_ascii_uppercase().replace('|', " ");
                match ran.stderr.split_once("has no permission to run ") {
                    None => assert!(matches!(ran.code, Some(0 | 1 | 5)), "{about}: {:?}", ran.code),
                    Some((_, rest)) => {
                        assert!(matches!(ran.code, Some(3 | 4)), "{about}: {:?}", ran.code);
                        assert!(rest.starts_with(&format!("{right_name} ")), "{about}");
                        assert!(
                            ran.stderr.contains(&format!("ACL SETUSER sessctl-purge +{word}")),
                            "{about}"
                        );
                        named.insert(word);
                    }
                }
            }
        }
    }
    // Enough of them are needed for this to say something.
    assert!(named.len() > 20, "{named:?}");
}

/// The words of the one line that `sessctl acl` prints for this.
pub(crate) fn printed(sess: &Sess, args: &[&str]) -> Vec<String> {
    let lines = sess.args([&["acl"], args].concat()).success().lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].split(' ').map(str::to_string).collect()
}

#[test]
fn each_command_runs_with_the_rights_that_are_printed_for_it() {
    let sess = Sess::new();
    for (user, command) in [
        ("sessctl-read", "list"),
        ("sessctl-read", "inspect"),
        ("sessctl-read", "count"),
        ("sessctl-read", "discover"),
        ("sessctl-read", "stats"),
        ("sessctl-purge", "purge"),
        ("sessctl-purge", "expire"),
        ("sessctl-purge", "undo"),
    ] {
        sess.server.command(&printed(&sess, &["--for", command, "--user", command]));
        let line = printed(&sess, &["--for", command]);
        assert_eq!(line[2], user);
    }
    for slug in fixtures() {
        sess.server.flush();
        sess.restore(&slug);
        sess.release_locks();
        let named = named(&sess, &slug);
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let allowed = |command: &str, args: &[&str]| {
            let ran = run_as(&sess, command, &[args, &named].concat());
            assert!(!ran.stderr.contains("no permission to run"), "{slug}: {command}: {}", ran.stderr);
            assert!(matches!(ran.code, Some(0 | 1 | 3 | 5)), "{slug}: {command}: {}", ran.stderr);
            ran
        };
        let rows = allowed("list", &["list", "-o", "json"]).success().json();
        let first = rows[0]["key"].as_str().expect("a key");
        allowed("inspect", &["inspect", first]).success();
        allowed("count", &["count", "--by", "user"]).success();
        allowed("discover", &["discover"]).success();
        allowed("stats", &["stats"]).success();
        for args in [&["purge", "--all", "--yes"][..], &["expire", "--all", "--in", "2h", "--yes"]] {
            allowed(args[0], args);
            allowed("undo", &["undo", "--yes"]);
        }
    }
}

#[test]
fn keys_are_narrowed_where_they_are_known() {
    let sess = Sess::new().express(format!("shop:{}", sid(1)), Some("alice"), &json!({}));
    sess.server.command(&["SET", "other", "x"]);
    let named = ["--layout", "connect-redis", "--prefix", "shop:"];
    let line = printed(&sess, &[&["--for", "list", "--user", "r"][..], &named].concat());
    assert!(line.contains(&"%R~shop:*".to_string()), "{line:?}");
    sess.server.command(&line);
    run_as(&sess, "r", &[&["count"][..], &named].concat()).success().stdout("1\n");
    // A prefix narrows them for whatever layout it is, too.
    let line = printed(&sess, &["--for", "list", "--user", "p", "--prefix", "shop:"]);
    assert!(line.contains(&"%R~shop:*".to_string()), "{line:?}");
    sess.server.command(&line);
    run_as(&sess, "p", &["count", "--prefix", "shop:"]).success().stdout("1\n");
    run_as(&sess, "p", &["list"]).says("an ACL hides 1 key");
    let args = [&["--for", "purge,undo", "--user", "w", "--keys", "UserSessions:*"][..], &named].concat();
    let line = printed(&sess, &args);
    assert!(
        line.contains(&"~shop:*".to_string()) && line.contains(&"~UserSessions:*".to_string()),
        "{line:?}"
    );
    sess.server.command(&line);
    run_as(&sess, "w", &[&["purge", "--all", "--yes"][..], &named].concat()).success();
    run_as(&sess, "w", &["undo", "--yes"]).success();
    let old = printed(&sess, &[&["--for", "list", "--server", "6.2"][..], &named].concat());
    assert!(old.contains(&"~shop:*".to_string()), "{old:?}");
    let old = printed(&sess, &["--for", "purge", "--server", "6.2"]);
    assert!(old.contains(&"+unlink".to_string()) && !old.contains(&"+pexpiretime".to_string()), "{old:?}");
    let line = printed(&sess, &["--for", "list", "--cluster", "--sentinel"]);
    for right in ["+cluster|slots", "+readonly", "+role", "+wait"] {
        assert!(line.contains(&right.to_string()), "{line:?}");
    }
    sess.server.command(&line);
}
