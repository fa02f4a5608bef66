//! At the terminal: what is said when something is stopped, misspelt, absent or elsewhere.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;

use crate::support::{Sess, eventually, sid};

#[test]
fn what_is_interrupted_never_looks_whole() {
    let sess = Sess::new().many(60_000);
    for command in
        [&["count"][..], &["list", "--sort", "-bytes", "--limit", "3"], &["discover"], &["--quiet", "count"]]
    {
        let interrupted = (0..20).any(|_| {
            sess.server.forget_calls();
            let running = sess.start(command);
            eventually("it scans", || sess.server.calls().get("mget").is_some_and(|calls| *calls > 2));
            running.interrupt();
            let ran = running.end();
            if ran.code == Some(0) {
                return false;
            }
            ran.code(130).says("interrupted: ").says(" of 60000 keys (").says("the result is incomplete");
            true
        });
        assert!(interrupted, "{command:?} was never interrupted");
    }
    let ran = sess.args(["count"]).success();
    assert!(!ran.stderr.contains("interrupted"), "{}", ran.stderr);
}

#[test]
fn who_only_reads_is_not_told_that_nothing_was_changed() {
    let sess = Sess::new().many(60_000);
    for (command, changes) in
        [(&["inspect", "nobody-begins-so"][..], false), (&["purge", "nobody-begins-so", "--yes"], true)]
    {
        let interrupted = (0..20).any(|_| {
            sess.server.forget_calls();
            let running = sess.start(command);
            eventually("it scans", || sess.server.calls().get("mget").is_some_and(|calls| *calls > 2));
            running.interrupt();
            let ran = running.end();
            if ran.code != Some(130) {
                return false;
            }
            let ran = ran.says("interrupted");
            assert_eq!(ran.stderr.contains("nothing was changed"), changes, "{}", ran.stderr);
            true
        });
        assert!(interrupted, "{command:?} was never interrupted");
    }
}

#[test]
fn the_end_of_the_input_is_a_no() {
    let sess = Sess::new().express("sess:alice-111", Some("alice"), &json!({}));
    let before = sess.server.snapshot();
    let mut terminal = sess.terminal(&["purge", "--all"]);
    terminal.shows("End them? [y/N]: ").types("\u{4}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(6), "{shown}");
    assert!(shown.contains("[y/N]: \r\ncancelled; nothing was changed"), "{shown:?}");
    // What was begun and not ended is no answer either.
    let mut terminal = sess.terminal(&["purge", "--all"]);
    terminal.shows("End them?").types("y\u{4}\u{4}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(6), "{shown}");
    assert!(sess.server.snapshot() == before);
}

#[test]
fn without_a_command_there_is_the_help() {
    let sess = Sess::new();
    for args in [&[][..], &["--store", "redis://db1"]] {
        let program = sess.command(["list"]).get_program().to_os_string();
        let mut bare = std::process::Command::new(program);
        bare.env("SESSCTL_STORE", sess.server.url()).env("HOME", "/nonexistent").args(args);
        let ran = crate::support::Ran::of(&mut bare).code(2);
        assert!(ran.stderr.contains("Commands:") && !ran.stderr.contains("error"), "{}", ran.stderr);
    }
}

#[test]
fn where_no_session_is_found_it_says_where_else_to_look() {
    let sess = Sess::new();
    sess.server.command(&["SET", "cache:1", "x"]);
    sess.args(["list"])
        .success()
        .says("no key here is a session known to sessctl")
        .says("`sessctl discover`");
    sess.args(["count", "--layout", "connect-redis"])
        .success()
        .says("no key here is a session of connect-redis");
    let mut connection = sess.server.connect();
    redis::pipe().cmd("SELECT").arg(5).cmd("SET").arg("a").arg("b").exec(&mut connection).expect("written");
    sess.args(["list"]).success().says("other databases of this server with keys: 5 (1)");
    sess.args(["list", "--quiet"]).success().silent();
}

#[test]
fn a_misspelt_user_is_guessed() {
    let sess = Sess::new().express("sess:alice-111", Some("alice"), &json!({})).express(
        "sess:bob-33333",
        Some("bob"),
        &json!({}),
    );
    let near = "no sessions of `alcie`; did you mean `alice`?";
    for command in [
        &["list", "--user", "alcie"][..],
        &["count", "-u", "alcie"],
        &["purge", "--user", "alcie", "--dry-run"],
    ] {
        sess.args(command).success().says(near);
    }
    sess.args(["inspect", "--user", "alcie"]).code(1).says(near);
    sess.args(["list", "--user", "alice,bob"]).success().says("repeat --user for several");
    let ran = sess.args(["list", "--user", "alice", "--ttl", "<1s"]).success();
    assert!(!ran.stderr.contains("no session is of"), "{}", ran.stderr);
}

#[test]
fn two_conditions_in_one_are_refused() {
    let sess =
        Sess::new().express("sess:alice-111", Some("alice"), &json!({ "views": 3, "said": "a and b = c" }));
    for (condition, holds) in [
        ("passport.user = alice and views > 2", "`and`"),
        ("passport.user = alice && views>2", "`&&`"),
        ("views > 2 < 5", "`<`"),
        ("views = 3 OR views=4", "`OR`"),
    ] {
        sess.args(["list", "--where", condition]).code(2).says(holds).says("--where twice");
    }
    for condition in ["said = 'a and b = c'", "said ~ a and b", "said ~ b=c"] {
        let found = sess.rows(&["--where", condition]).len();
        assert_eq!(found, usize::from(condition != "said ~ b=c"), "{condition}");
    }
}

#[test]
fn what_is_no_redis_is_told_so() {
    let sess = Sess::new();
    // A web server.
    let web = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = web.local_addr().expect("its address");
    let serve = std::thread::spawn(move || {
        let (mut stream, _) = web.accept().expect("a client");
        let mut request = [0; 512];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.read(&mut request);
    });
    let store = format!("redis://{address}/0");
    let ran = crate::support::Ran::of(&mut sess.command(["list", "--store", &store])).code(1);
    assert!(ran.stderr.contains("does not speak Redis"), "{}", ran.stderr);
    serve.join().expect("it ends");
}

#[test]
fn a_sentinel_is_told_so() {
    let sess = Sess::new();
    let dir = tempfile::tempdir().expect("a directory");
    let config = dir.path().join("sentinel.conf");
    let socket = dir.path().join("s.sock");
    std::fs::write(&config, format!("port 0\nunixsocket {}\n", socket.display())).expect("written");
    let mut child = std::process::Command::new("redis-server")
        .arg(&config)
        .arg("--sentinel")
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("redis-server");
    eventually("it listens", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
    let store = format!("unix://{}", socket.display());
    let ran = crate::support::Ran::of(&mut sess.command(["list", "--store", &store]));
    let _ = child.kill();
    let _ = child.wait();
    ran.code(1).says("this is a Sentinel").says("redis-sentinel://HOST:26379/SERVICE");
}

#[test]
fn a_key_that_is_no_session_is_answered_by_the_nearest_layouts() {
    let sess = Sess::new().express(format!("sess:{}", sid(1)), Some("alice"), &json!({}));
    sess.server.command(&["SET", "session:3f1f0a77-cache", "\u{80}"]);
    let ran = sess.args(["inspect", "session:3f1f0a77-cache"]).code(1).says("--explain shows all");
    assert!(ran.stderr.lines().count() <= 7, "{}", ran.stderr);
    let all = sess.args(["inspect", "session:3f1f0a77-cache", "--explain"]).code(1);
    assert!(all.stderr.lines().count() > 40, "{}", all.stderr);
    assert!(
        all.stderr.lines().last().is_some_and(|line| line.contains("is not a session")),
        "{}",
        all.stderr
    );
}

#[test]
fn an_ambiguous_beginning_says_how_many_there_are() {
    let sess = Sess::new().many(12);
    let ran = sess.args(["inspect", "sess:0000"]).code(1).says("(user0)").says("and 7 more");
    assert!(!ran.stderr.contains("AbCdEfGhIjKlMnOpQrStUvW"), "{}", ran.stderr);
    sess.args(["inspect", "sess:00000001"]).success();
}

#[test]
fn several_sessions_are_inspected_at_once() {
    let sess = Sess::new()
        .express("sess:alice-111", Some("alice"), &json!({}))
        .express("sess:alice-222", Some("alice"), &json!({}))
        .express("sess:bob-33333", Some("bob"), &json!({}));
    let users = |args: &[&str]| {
        let all = sess.args(args).success().json();
        all.as_array().expect("an array").iter().map(|row| row["user"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(users(&["inspect", "alice-111", "bob-33333", "-o", "json"]), ["alice", "bob"]);
    assert_eq!(users(&["inspect", "--user", "alice", "-o", "json"]), ["alice", "alice"]);
    assert_eq!(sess.args(["inspect", "bob-33333", "-o", "json"]).success().json()["user"], "bob");
    assert_eq!(sess.args(["inspect", "--user", "bob", "-o", "json"]).success().json()[0]["user"], "bob");
    sess.args(["inspect", "alice-111", "nobody-here"]).code(1).shows("alice").says("begins with, `nobody-h");
    sess.args(["inspect", "alice-111", "bob-33333", "--raw"]).code(2);
}

#[test]
fn a_plan_replaces_no_file() {
    let sess = Sess::new().express("sess:alice-111", Some("alice"), &json!({}));
    let plan = sess.write("plan", "mine");
    let plan = plan.to_str().expect("text");
    sess.server.forget_calls();
    sess.args(["purge", "--all", "--plan", plan]).code(1).says("already exists").says("choose another name");
    assert!(!sess.server.calls().contains_key("scan"), "it was refused after the scan");
    assert_eq!(std::fs::read_to_string(plan).expect("it"), "mine");
}

#[test]
fn an_option_of_a_profile_that_fits_nothing_is_named_with_its_line() {
    let sess = Sess::new().use_profile("[profiles.p]\n[profiles.p.options]\ncookie_sec = \"a\"\n");
    sess.args(["list"])
        .code(2)
        .says("line 3: the options of the profile `p`")
        .says("no layout has an option `cookie_sec`")
        .says("did you mean `cookie_secret`?");
}

#[test]
fn decode_says_that_it_waits() {
    let sess = Sess::new();
    let mut terminal = sess.terminal(&["decode"]);
    terminal.shows("end with Ctrl-D on a line of its own").types("{\"a\":1}\n\u{4}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
}

#[test]
fn words_of_other_tools_are_understood() {
    let sess = Sess::new()
        .express("sess:alice-111", Some("alice"), &json!({}))
        .express("sess:alice-222", Some("alice"), &json!({}))
        .express("sess:bob-33333", Some("bob"), &json!({}));
    assert_eq!(sess.args(["ls", "-o", "ids", "-n", "1"]).success().lines().len(), 1);
    for inspect in ["show", "get", "describe"] {
        sess.args([inspect, "bob-33333"]).success().shows("bob");
    }
    let store = sess.server.snapshot();
    for purge in ["rm", "delete", "kill", "revoke"] {
        sess.args([purge, "bob-33333", "--dry-run"]).success().shows("UNLINK");
    }
    // It takes users, never the beginning of an id.
    let ran = sess.args(["logout", "alice", "--dry-run", "-o", "json"]).success();
    assert_eq!(ran.json()["matched"], 2);
    sess.args(["logout", "alice-111", "--dry-run"]).success().says("no sessions of `alice-111`");
    sess.args(["logout"]).code(2);
    assert!(sess.server.snapshot() == store);
    sess.args(["version"]).success().stdout(&format!("sessctl {}\n", env!("CARGO_PKG_VERSION")));
    sess.args(["list", "--created", "1h"]).code(2).says("'--age'");
    // They are understood, and not advertised.
    sess.args(["help"]).success().hides("logout").hides("revoke");
}

#[test]
fn the_configuration_file_is_written_from_what_is_found() {
    use std::os::unix::fs::PermissionsExt as _;

    let sess = Sess::new().load("connect-redis");
    let file = sess.server.dir.path().join("new/config.toml");
    let path = file.to_str().expect("text");
    sess.args(["config", "init", "--print", "--config", path]).success().shows("read_only = true");
    assert!(!file.exists());
    sess.args(["config", "init", "--config", path]).success().says("written").stdout("");
    let text = std::fs::read_to_string(&file).expect("it");
    assert!(
        text.contains("default_profile = \"connect-redis\"") && text.contains("read_only = true"),
        "{text}"
    );
    assert_eq!(std::fs::metadata(&file).expect("it").permissions().mode() & 0o777, 0o600);
    sess.args(["config", "init", "--config", path]).code(1).says("never overwritten");
    sess.args(["config", "path", "--config", path]).success().stdout(&format!("{path}\n"));
    sess.args(["config", "check", "--config", path]).success().shows("connect-redis, read-only");
    sess.args(["config", "show", "--config", path]).success().shows("[profiles.connect-redis]");
    // The profile is used without being named, and changes nothing.
    sess.args(["purge", "--all", "--yes", "--config", path]).code(5).says("is read-only");
    sess.args(["config", "init", "--writable", "--print", "--config", path]).success().hides("read_only");
    sess.server.flush();
    let none = sess.server.dir.path().join("none.toml");
    sess.args(["config", "init", "--config", none.to_str().expect("text")]).code(1).says("no sessions found");
    assert!(!none.exists());
}

#[test]
fn a_configuration_file_is_checked_and_shown_without_secrets() {
    let sess = Sess::new();
    let text = "[profiles.good]\nstore = \"redis://ops:hunter1@db1\"\n[profiles.good.options]\ncookie_secret = \"hunter2\"\n\
                [profiles.bad]\nlayout = \"conect-redis\"\n[profiles.unset]\nstore = { env = \"SESSCTL_TEST_UNSET\" }\n";
    let path = sess.write("mine.toml", text);
    let path = path.to_str().expect("text");
    let ran = sess
        .args(["config", "check", "--config", path])
        .code(7)
        .shows("good: redis://db1:6379/0, any layout");
    ran.says("profile `bad`").says("did you mean `connect-redis`").says("SESSCTL_TEST_UNSET").hides("hunter");
    sess.args(["config", "show", "--config", path]).success().shows("(redacted)").hides("hunter");
    sess.args(["config", "show", "--config", "/nonexistent/x"]).code(1).says("config init");
}

#[test]
fn shells_complete_values() {
    let sess = Sess::new();
    let path = sess.write("mine.toml", "[profiles.shop]\n[profiles.staging]\n");
    let completed = |words: &[&str]| {
        let mut command = sess.command(["--"]);
        let mut command = {
            let mut bare = std::process::Command::new(command.get_program());
            bare.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command.arg("");
            bare
        };
        command
            .env("SESSCTL_COMPLETE", "bash")
            .env("SESSCTL_CONFIG", &path)
            .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
            .env("_CLAP_COMPLETE_COMP_TYPE", "9")
            .env("_CLAP_COMPLETE_SPACE", "true")
            .env("_CLAP_IFS", "\n")
            .arg("--")
            .args(words);
        crate::support::Ran::of(&mut command).success().lines()
    };
    assert_eq!(completed(&["sessctl", "--profile", "s"]), ["shop", "staging"]);
    assert_eq!(completed(&["sessctl", "list", "--columns", "id,us"]), ["id,user"]);
    assert_eq!(completed(&["sessctl", "layouts", "connect-redis-"]), ["connect-redis-crypto"]);
    assert!(completed(&["sessctl", "help", "conn"]).contains(&"connection".to_string()));
    let script = sess.args(["completions", "bash", "--dynamic"]).success().text();
    assert!(script.contains("SESSCTL_COMPLETE"), "{script}");
}

#[test]
fn what_an_index_names_outside_of_the_pattern_is_not_ended() {
    let sess = Sess::new().load("redis-sessions").load("adonis-session-redis");
    let ran = sess.args(["purge", "--user", "bob", "--match", "rs:*", "--dry-run"]).success();
    assert!(ran.text().contains("UNLINK rs:") && !ran.text().contains("adonis"), "{}", ran.text());
    let before = sess.listed("layout", &["--user", "bob", "--layout", "adonis-session-redis"]);
    sess.args(["purge", "--user", "bob", "--match", "rs:*", "--yes"]).success();
    assert_eq!(sess.listed("layout", &["--user", "bob", "--layout", "adonis-session-redis"]), before);
    assert!(!before.is_empty());
}

#[test]
fn a_terminal_without_utf_8_is_given_ascii() {
    let sess = Sess::new().many(30).env("LC_ALL", "C");
    for args in [&["-h"][..], &["help", "count"], &["count", "-h"], &["layouts", "laravel"], &["list"]] {
        let (_, shown) = sess.terminal_of(80, 24, args).end();
        assert!(!shown.contains(['…', '█', '░']), "{args:?}: {shown}");
    }
    let (_, shown) = sess.terminal_of(80, 24, &["count", "--by", "layout"]).end();
    assert!(shown.contains("####"), "{shown}");
}
