//! What goes wrong around the program: the server, the permissions, the network, the configuration,
//! the command line. Each is named, comes with advice and its exit code, and changes nothing.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::proxy::Proxy;
use crate::support::*;

/// A port of this machine at which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

#[test]
fn an_absent_server_is_named() {
    let sess = Sess::new();
    let port = free_port();
    for (store, why) in [
        (format!("redis://127.0.0.1:{port}"), "nobody listens there"),
        (format!("unix://{}/none.sock", sess.server.dir.path().display()), "no such socket file"),
        ("redis://no-such-host.invalid".to_string(), "host name is not known"),
    ] {
        for command in
            [&["list"][..], &["count"], &["discover"], &["inspect", "abcdefgh"], &["purge", "--all", "--yes"]]
        {
            let ran = Ran::of(sess.command(["--store", &store]).args(command)).code(1);
            ran.says(why).says(store.trim_end_matches('/')).says("hint: is the server running").stdout("");
        }
    }
    // A dead server's socket file stays behind.
    let mut sess = sess;
    sess.server.kill();
    sess.args(["list"]).code(1).says("nobody listens on it");
}

#[test]
fn a_password_is_asked_for_checked_and_never_repeated() {
    let sess = Sess::on(Server::with(&["--requirepass", "open sesame"])).express("sess:a", None, &json!({}));
    let socket = sess.server.socket().display().to_string();
    sess.args(["list"]).code(4).says("it wants a password").says("--password-file").says("REDISCLI_AUTH");
    let wrong = format!("unix://:wr0ng-one@{socket}");
    Ran::of(&mut sess.command(["list", "--store", &wrong]))
        .code(4)
        .says("password is wrong")
        .says(&format!("unix://{socket}"))
        .hides("wr0ng-one");
    let wrong = sess.write("wrong", "wr0ng-one\n");
    sess.args(["list", "--password-file", wrong.to_str().expect("text")]).code(4).hides("wr0ng-one");

    let right = sess.write("right", "open sesame\nanother line\n");
    sess.args(["count", "--password-file", right.to_str().expect("text")]).success().stdout("1\n");
    let url = format!("unix://:open%20sesame@{socket}");
    Ran::of(&mut sess.command(["count", "--store", &url])).success().stdout("1\n").silent();
    Ran::of(sess.command(["count"]).env("REDISCLI_AUTH", "open sesame")).success().stdout("1\n");
    sess.args(["count", "--password-file", "/nowhere/at/all"]).code(1).says("/nowhere/at/all");
}

/// A user who may do everything but one command.
fn without(command: &str) -> Sess {
    Sess::new().load("overleaf").user(&["~*", "&*", "+@all", &format!("-{command}")])
}

#[test]
fn a_command_that_the_user_may_not_run_is_named_with_the_rule_that_permits_it() {
    for command in ["scan", "get", "getrange", "type", "pttl", "strlen", "hlen", "hgetall"] {
        let ran = without(command).changes_nothing(["list", "-o", "json"]);
        // What was never needed is not missed.
        if ran.code == Some(0) {
            assert!(matches!(command, "get" | "strlen" | "hlen" | "hgetall"), "{command}");
            continue;
        }
        ran.code(4)
            .says(&format!("ops has no permission to run {}", command.to_uppercase()))
            .says(&format!("ACL SETUSER ops +{command}"))
            .stdout("");
    }
    for command in ["watch", "multi", "exec", "unlink", "srem"] {
        let sess = without(command);
        for args in [["purge", "--all", "--yes"], ["purge", "xPPNoSoUgIzLrwZbThQwUuakDGKcry6T", "--yes"]] {
            sess.changes_nothing(args)
                .code(4)
                .says(&format!("ops has no permission to run {}", command.to_uppercase()))
                .says(&format!("ACL SETUSER ops +{command}"));
        }
        // To look is permitted all the same.
        sess.changes_nothing(["purge", "--all", "--dry-run"]).success();
    }
}

#[test]
fn what_undo_may_not_do_is_named_and_the_run_stays() {
    let sess = Sess::new().many(30).user(&["~*", "&*", "+@all"]);
    let before = sess.server.snapshot();
    let run = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json()["run"].clone();
    let run = run.as_str().expect("a run");
    sess.server.command(&["ACL", "SETUSER", "ops", "-set"]);
    sess.changes_nothing(["undo", run, "--yes"]).code(4).says("has no permission to run SET").stdout("");
    assert_eq!(sess.args(["runs", "-o", "json"]).success().json()[0]["state"], "done");
    sess.server.command(&["ACL", "SETUSER", "ops", "+set", "-restore"]);
    sess.args(["undo", run, "--yes"]).success();
    assert!(sess.server.snapshot() == before);
    // Clearing and applying a plan need what purging needs.
    let plan = sess.server.dir.path().join("all.plan");
    let plan = plan.to_str().expect("a path");
    sess.args(["purge", "--all", "--plan", plan]).success();
    sess.server.command(&["ACL", "SETUSER", "ops", "-unlink"]);
    for args in [&["apply", plan, "--yes"][..], &["clear", "--layout", "connect-redis", "--yes"]] {
        sess.changes_nothing(args).code(4).says("has no permission to run UNLINK").stdout("");
    }
}

#[test]
fn what_is_not_asked_for_need_not_be_permitted() {
    let sess = Sess::new().load("overleaf").user(&["~*", "+scan", "+type", "+get", "+getrange", "+hlen"]);
    let all = sess.rows(&["--columns", "id,user"]);
    assert_eq!(all.len(), expected("overleaf")["sessions"].as_array().expect("sessions").len());
    sess.args(["count"]).success();
    sess.args(["list"]).code(4).says("PTTL");
}

#[test]
fn sizes_that_may_not_be_asked_for_are_not_known() {
    let sess = without("memory");
    let rows = sess.rows(&[]);
    assert!(!rows.is_empty() && rows.iter().all(|row| row["bytes"].is_null() && !row["ttl_ms"].is_null()));
    let ran = sess.args(["purge", "--all", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], rows.len());
    assert_eq!(ran.json()["bytes_freed"], json!(null));
}

#[test]
fn keys_that_an_acl_hides_are_counted() {
    let sess = Sess::new()
        .express("sess:visible-111", Some("alice"), &json!({}))
        .express("sess:hidden-2222", Some("alice"), &json!({}))
        .user(&["+@all", "~sess:visible-*"])
        .global(&["--layout", "connect-redis"]);
    let ran = sess.args(["list", "-o", "ids"]).success();
    ran.stdout("visible-111\n").says("an ACL hides 1 key");
    sess.args(["count"]).success().stdout("1\n").says("an ACL hides 1 key");
    let ran = sess.args(["purge", "--user", "alice", "--yes", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 1);
    assert!(sess.server.snapshot().contains_key(&b"sess:hidden-2222"[..]));
}

#[test]
fn a_replica_can_be_read_and_is_not_changed() {
    let sess = Sess::new().load("overleaf");
    let before = sess.args(["count"]).success().text();
    // Its primary is nowhere to be found; what it holds it still serves.
    sess.server.command(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
    sess.args(["count"]).success().stdout(&before);
    sess.changes_nothing(["purge", "--all", "--yes"]).code(1).says("replica").says("primary");
    sess.changes_nothing(["purge", "--all", "--dry-run"]).success();
    let plan = sess.server.dir.path().join("all.plan");
    let plan = plan.to_str().expect("a path");
    sess.changes_nothing(["purge", "--all", "--plan", plan]).success();
    for args in [
        &["clear", "--layout", "overleaf", "--yes"][..],
        &["expire", "--all", "--in", "2h", "--yes"],
        &["apply", plan, "--yes"],
    ] {
        sess.changes_nothing(args).code(1).says("read-only replica").says("primary").stdout("");
    }
    // It became one after a run.
    sess.server.command(&["REPLICAOF", "NO", "ONE"]);
    sess.args(["purge", "--all", "--yes"]).success();
    sess.server.command(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
    sess.changes_nothing(["undo", "--yes"]).code(1).says("read-only replica").stdout("");
    assert_eq!(sess.args(["runs", "-o", "json"]).success().json()[0]["state"], "done");
}

/// A server in cluster mode, which cannot do without ports.
fn cluster() -> Server {
    for _ in 0..20 {
        let (port, bus) = (free_port().to_string(), free_port().to_string());
        let options =
            ["--cluster-enabled", "yes", "--bind", "127.0.0.1", "--port", &port, "--cluster-port", &bus];
        if let Some(server) = Server::try_with(&options) {
            return server;
        }
    }
    panic!("no port is free");
}

#[test]
fn a_cluster_without_any_slots_is_refused() {
    let sess = Sess::on(cluster());
    for command in [&["list"][..], &["count"], &["purge", "--all", "--yes"]] {
        sess.args(command).code(1).says("no node has any of the slots").stdout("");
    }
}

#[test]
fn a_cluster_is_known_by_one_node() {
    let sess = Sess::on(cluster());
    sess.server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    eventually("the cluster is up", || {
        let info: String =
            redis::cmd("CLUSTER").arg("INFO").query(&mut sess.server.connect()).expect("its state");
        info.contains("cluster_state:ok")
    });
    let sess = (0..20).fold(sess, |sess, n| {
        sess.express(format!("sess:{}", sid(n)), Some(if n < 7 { "alice" } else { "bob" }), &json!({}))
    });
    sess.args(["count"]).success().stdout("20\n");
    sess.args(["count", "--user", "alice"]).success().stdout("7\n");
    sess.args(["purge", "--user", "alice", "--yes"]).success();
    sess.args(["count"]).success().stdout("13\n");
    sess.args(["undo", "--yes"]).success();
    sess.args(["count", "--user", "alice"]).success().stdout("7\n");
}

#[test]
fn a_server_that_dies_in_the_middle_leaves_an_incomplete_listing() {
    for form in ["ndjson", "ids", "csv", "table"] {
        let mut sess = Sess::new().many(60_000);
        let mut listing = sess.start(["list", "-o", form]);
        listing.line();
        // The rest does not fit into the pipe, so the scan is under way.
        sess.server.kill();
        let ran = listing.end().code(3).says("scan incomplete").says("there may be more sessions");
        assert!(ran.lines().len() < 60_000);
    }
}

#[test]
fn a_connection_that_is_cut_is_made_anew_while_only_reading() {
    const SESSIONS: usize = 3_000;
    let sess = Sess::new().many(SESSIONS);
    for layouts in [&["--layout", "connect-redis"][..], &[]] {
        let proxy = Proxy::to(&sess.server).cut_after(100_000);
        let url = proxy.url();
        let at = |args: &[&str]| sess.args([&["--store", &url][..], layouts, args].concat());
        let mut ids = at(&["list", "-o", "ids"]).success().says("was lost and re-established").lines();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), SESSIONS);
        let lines = at(&["list", "-o", "ndjson"]).success().ndjson();
        assert_eq!(lines.len(), SESSIONS);
        assert!(lines.iter().all(|row| row["bytes"].is_number() && row["layout"] == "connect-redis"));
        at(&["count"]).success().stdout(&format!("{SESSIONS}\n"));
        assert_eq!(at(&["stats", "-o", "json"]).success().json()["sessions"], json!(SESSIONS));
    }
    // One that never brings anything is given up.
    let proxy = Proxy::to(&sess.server).cut_after(2_000);
    sess.args(["--store", &proxy.url(), "count"]).code(1);
}

#[test]
fn a_scan_does_not_go_on_with_another_process() {
    let mut sess = Sess::new().many(60_000);
    let mut listing = sess.start(["list", "-o", "ids"]);
    listing.line();
    sess.server.restart(&[]);
    listing.end().code(3).says("scan incomplete");
}

#[test]
fn a_server_that_dies_leaves_no_count_that_could_be_taken_for_all() {
    let mut sess = Sess::new().many(60_000);
    let running = sess.start(["count", "-o", "json"]);
    // Wait until it reads.
    eventually("it scans", || sess.server.calls().get("mget").is_some_and(|calls| *calls > 2));
    sess.server.kill();
    let ran = running.end();
    // Where nothing was counted yet there is no number at all.
    match ran.code {
        Some(1) => ran.says("was lost").stdout(""),
        _ => ran.code(3).says("scan incomplete").shows(r#""complete":false"#),
    };
}

#[test]
fn a_purge_whose_scan_broke_changes_nothing() {
    let mut sess = Sess::new().many(60_000);
    let running = sess.start(["purge", "--user", "user7", "--yes"]);
    eventually("it scans", || sess.server.calls().get("mget").is_some_and(|calls| *calls > 2));
    sess.server.kill();
    let ran = running.end();
    assert!(matches!(ran.code, Some(1 | 3)), "{:?}: {}", ran.code, ran.stderr);
    ran.says("scan incomplete").says("nothing was changed").stdout("");
}

#[test]
fn whoever_reads_only_the_beginning_makes_no_error() {
    let sess = Sess::new().many(20_000);
    for form in ["table", "json", "ndjson", "csv", "ids"] {
        let mut child = sess
            .command(["list", "-o", form])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        Ran::from(child.wait_with_output().expect("it ends")).success().hides("error");
    }
    let mut listing = sess.start(["list", "-o", "ndjson"]);
    listing.line();
    listing.hang_up().success().silent();
    for command in [&["layouts", "-o", "json"][..], &["completions", "bash"], &["help"], &["man"]] {
        let mut child = sess.command(command).stdout(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{command:?}");
    }
}

#[test]
fn ctrl_c_ends_a_listing_and_says_so() {
    let sess = Sess::new().many(60_000);
    for form in ["ndjson", "csv"] {
        let mut listing = sess.start(["list", "-o", form]);
        listing.line();
        listing.interrupt();
        let ran = listing.end().code(130);
        assert!(ran.lines().len() < 60_000);
    }
    let running = sess.start(["purge", "--user", "user7", "--yes"]);
    sess.server.forget_calls();
    eventually("it scans", || sess.server.calls().get("mget").is_some_and(|calls| *calls > 2));
    running.interrupt();
    running.end().code(130).says("nothing was changed");
    // Half a search is no answer: another session may begin with the same.
    for command in [&["inspect"][..], &["purge", "--yes"]] {
        // A search that was over before it was interrupted proves nothing and is tried again.
        let interrupted = (0..20).any(|_| {
            sess.server.forget_calls();
            let running = sess.start([command, &["nobody-begins-so"]].concat());
            eventually("it scans", || sess.server.calls().get("mget").is_some_and(|calls| *calls > 2));
            running.interrupt();
            let ran = running.end().stdout("");
            assert!(matches!(ran.code, Some(1 | 130)), "{:?}", ran.code);
            ran.code == Some(130)
        });
        assert!(interrupted, "{command:?} was never interrupted");
    }
}

#[test]
fn stores_that_cannot_be_are_usage_errors() {
    let sess = Sess::new();
    for (store, says) in [
        ("http://localhost:6379", "unknown scheme `http://`"),
        ("redi://localhost", "did you mean `redis://`"),
        ("redis://localhost:99999", "port must be a number"),
        ("redis://localhost:6379/x", "database must be a number"),
        ("redis://:s3cr%zzet@localhost", "%25"),
        ("unix://run/redis.sock", "third slash"),
        ("/run/redis.sock", "unix:///PATH"),
        ("redis://h?dbb=1", "unknown parameter `dbb`"),
        ("redis://:s3cr/et@localhost", "%2F"),
        ("redis://a b", "space"),
    ] {
        Ran::of(&mut sess.command(["list", "--store", store])).code(2).says(says).hides("s3cr");
    }
    // Well written, and not supported yet: no mistake of the user's.
    let sentinel = ["list", "--store", "redis-sentinel://localhost"];
    Ran::of(&mut sess.command(sentinel)).code(2).says("names no service");
    let url = format!("{}?db=99", sess.server.url());
    Ran::of(&mut sess.command(["list", "--store", &url])).code(1).says("SELECT").says("out of range");
}

#[test]
fn misspelt_names_are_guessed() {
    let sess = Sess::new().load("connect-redis");
    for (args, says) in [
        (&["list", "--layout", "conect-redis"][..], "did you mean `connect-redis`"),
        (&["list", "--layout", "zzzzzz"], "`sessctl layouts` lists all"),
        (&["layouts", "overleav"], "did you mean `overleaf`"),
        (&["list", "--columns", "id,usr"], "did you mean `user`"),
        (&["list", "--columns", "zzzz"], "available: id, key"),
        (&["list", "--sort", "byts"], "did you mean `bytes`"),
        (&["count", "--by", "usr"], "did you mean `user`"),
        (&["list", "--usr", "alice"], "--user"),
        (&["list", "--not", "usr=alice"], "did you mean `--not --user`"),
        (&["lisst"], "list"),
        (&["help", "lisst"], "did you mean `list`"),
        (&["list", "-o", "jsn"], "json"),
        (&["decode", "--codec", "jsn"], "did you mean `json`"),
        (&["purge", "--all", "--yes", "--max", "many"], "a whole number, or none"),
        (&["list", "--timeout", "soon"], "500ms, 5s or 2m"),
        (&["list", "--profile", "shop"], "no profile `shop`"),
        (&["list", "--ttl", "<30q"], "--ttl '<30q'"),
        (&["list", "--ip", "192.0.2.300"], "not an address or a network"),
        (&["list", "--where", "user alice"], "no operator"),
        (&["list", "--reveal", "--mask"], "--mask"),
    ] {
        sess.changes_nothing(args).code(2).says(says).stdout("");
    }
}

#[test]
fn a_configuration_that_is_wrong_is_shown_with_its_line() {
    let sess = Sess::new();
    let path = sess.write("config.toml", "");
    private(&path);
    let path = path.to_str().expect("text").to_string();
    for (text, says) in [
        ("[profiles.shop]\nstore = redis\n", "line 2"),
        ("[profiles.shop]\n\nstroe = \"redis://h\"\n", "did you mean `store`"),
        ("[profils.shop]\nstore = \"redis://h\"\n", "did you mean `profiles`"),
        ("[profiles.shop]\nmax = \"lots\"\n", "max"),
        ("[profiles.shop]\nmask = \"yes\"\n", "true or false"),
        ("[profiles.shop]\nlayout = \"conect-redis\"\n", "did you mean `connect-redis`"),
        (
            "[profiles.shop]\nlayout = \"connect-redis\"\noptions = { prefx = \"a\" }\n",
            "did you mean `prefix`",
        ),
        ("[profiles.shop]\nlayout = \"connect-redis\"\noptions = { cookie_secret = 7 }\n", "cookie_secret"),
        ("[profiles.shop]\noutput = \"jsn\"\n", "did you mean `json`"),
        (
            "[profiles.shop]\nlayout = \"connect-redis\"\noptions.cookie_secret = { env = \"NO_SUCH_NAME\" }\n",
            "NO_SUCH_NAME",
        ),
        ("\u{0}", "line 1"),
    ] {
        std::fs::write(&path, text).expect("a file");
        let ran = sess.args(["list", "--config", &path, "--profile", "shop"]);
        assert_eq!(ran.code, Some(2), "{text:?}: {}", ran.stderr);
        ran.says(says).clean().stdout("");
    }
    std::fs::write(&path, "[profiles.shop]\n[profiles.forum]\n").expect("a file");
    sess.args(["list", "--config", &path, "--profile", "shp"])
        .code(2)
        .says("`shp`")
        .says("shop")
        .says("forum");
    // A file that cannot be read is no mistake in what was written.
    std::fs::write(
        &path,
        "[profiles.shop]\nlayout = \"connect-redis\"\noptions.cookie_secret = { file = \"/no/such/file\" }\n",
    )
    .expect("a file");
    for (args, says) in [
        (&["list", "--config", &path, "--profile", "shop"][..], "/no/such/file"),
        (&["list", "--config", "/no/such/config.toml"], "/no/such/config.toml"),
        (&["list", "--ids-from", "/no/such/ids"], "/no/such/ids"),
        (&["decode", "/no/such/blob"], "/no/such/blob"),
    ] {
        sess.args(args).code(1).says(says).stdout("");
    }
    // Help and pages are there all the same.
    std::fs::write(&path, "rubbish").expect("a file");
    sess.args(["help", "purge", "--config", &path]).success();
    sess.args(["completions", "fish", "--config", &path]).success();
}

#[test]
fn a_secret_that_others_can_read_is_warned_of() {
    let sess = Sess::new().load("connect-redis");
    let text = sess.profile_text("connect-redis", &json!({ "cookie_secret": "keyboard cat" }));
    let path = sess.write("config.toml", text);
    let args = ["count", "--config", path.to_str().expect("text"), "--profile", "p"];
    let open = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    open(0o644);
    sess.args(args).success().says("holds a secret and can be read by others").hides("keyboard cat");
    open(0o600);
    sess.args(args).success().silent();
    // Without a secret it may be read by anybody.
    std::fs::write(&path, sess.profile_text("connect-redis", &json!({}))).expect("a file");
    open(0o644);
    sess.args(args).success().silent();
}

#[test]
fn a_session_that_is_not_there_or_not_the_only_one_is_an_error() {
    let sess = Sess::new()
        .express("sess:abcdef-one", Some("alice"), &json!({}))
        .express("sess:abcdef-two", Some("bob"), &json!({}))
        .set("cache:1", "{}")
        .global(&["--layout", "connect-redis"]);
    for command in [&["inspect"][..], &["purge", "--yes"]] {
        let run = |id: &str| sess.changes_nothing([command, &[id]].concat());
        run("nothing-like-it").code(1).says("nothing-");
        run("abcdef").code(1).says("several sessions");
        run("cache:1").code(1).says("cache:1");
        run("").code(1);
        // Too short to be looked for.
        run("a").code(1);
    }
    let ran = sess.args(["purge", "--yes", "-o", "json", "abcdef-one", "no-such-session"]).code(1);
    assert_eq!((&ran.json()["done"], &ran.json()["matched"]), (&json!(1), &json!(1)));
    assert_eq!(ran.json()["errors"].as_array().expect("errors").len(), 1);
    sess.args(["inspect", "--cookie", "s%3Anobody-has-this-one.c2ln"]).code(1).says("not in this store");
}

#[test]
fn a_false_signature_is_found() {
    let sess = Sess::new()
        .load("connect-redis")
        .profile("connect-redis", &json!({ "cookie_secret": "another secret" }));
    let cookie = expected("connect-redis")["sessions"][0]["cookie"].as_str().expect("a cookie").to_string();
    let ran = sess.args(["inspect", "-o", "json", "--cookie", &cookie]).code(7).says("signature is wrong");
    assert_eq!(ran.json()["cookie"]["verified"], json!(false));
    sess.args(["cookie", &cookie]).code(7).shows("the signature is wrong");
    sess.args(["cookie", &cookie, "-o", "json"]).code(7).hides("another secret");
}

#[test]
fn an_empty_store_is_no_error() {
    let sess = Sess::new();
    sess.args(["list", "-o", "json"]).success().stdout("[]\n").says("no keys here");
    sess.args(["list", "-o", "ndjson"]).success().stdout("").says("no keys here");
    sess.args(["list", "-o", "ids"]).success().stdout("").says("no keys here");
    sess.args(["list"]).success();
    sess.args(["count"]).success().stdout("0\n").says("no keys here");
    sess.args(["count", "--by", "user", "-o", "json"]).success();
    sess.args(["discover"]).success();
    let ran = sess.changes_nothing(["purge", "--all", "--yes", "-o", "json"]).success();
    assert_eq!((&ran.json()["matched"], &ran.json()["complete"]), (&json!(0), &json!(true)));
    sess.changes_nothing(["purge", "--user", "nobody", "--yes"]).success().shows("No session matches");
}

#[test]
fn a_full_disk_for_the_output_is_an_error() {
    let sess = Sess::new().many(2_000);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let ran = Ran::of(sess.command(["list", "-o", "ndjson"]).stdout(Stdio::from(full)));
    ran.code(1).says("No space left");
}

#[test]
fn a_server_that_speaks_something_else_is_said_to() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody calls");
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    let sess = Sess::new();
    let ran = Ran::of(&mut sess.command(["list", "--store", &format!("redis://127.0.0.1:{port}")])).code(1);
    ran.says(&port.to_string()).clean();
    answering.join().expect("it answered");
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let sess = Sess::new();
    let store = format!("redis://127.0.0.1:{port}");
    let ran = Ran::of(&mut sess.command(["list", "--store", &store, "--connect-timeout", "50ms"]));
    ran.code(1).says("no answer in time").says("--connect-timeout");
    // A stopped server accepts and keeps silent as well.
    let pid: i64 = {
        let info: String = redis::cmd("INFO").arg("server").query(&mut sess.server.connect()).expect("INFO");
        let line = info.lines().find_map(|line| line.strip_prefix("process_id:")).expect("its id");
        line.trim().parse().expect("a number")
    };
    let signal = |name: &str| {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().expect("sh");
        assert!(sent.success());
    };
    signal("STOP");
    sess.args(["list", "--connect-timeout", "50ms"]).code(1).says("no answer in time");
    signal("CONT");
    sess.args(["list"]).success();
}

#[test]
fn an_answer_has_a_size_and_a_time() {
    let sess = Sess::new();
    // One announces more than anybody has, one never comes to its end.
    for (announced, says) in [("$1000000000", "unexpected reply"), ("$400000000", "did not answer within")] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let feed = move |mut stream: std::net::TcpStream| {
            // What it says of itself first, and then the scan.
            let _ = stream.write_all(b"+OK\r\n+OK\r\n$0\r\n\r\n$-1\r\n+none\r\n");
            let _ = stream.write_all(format!("{announced}\r\n").as_bytes());
            while stream.write_all(b"x").is_ok() {
                std::thread::yield_now();
            }
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || feed(stream));
            }
        });
        let store = format!("redis://127.0.0.1:{port}");
        sess.args(["count", "--store", &store, "--timeout", "1s"]).code(1).says(says).stdout("");
    }
}
