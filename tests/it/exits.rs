//! Every exit code, reached once, and the questions at the terminal that lead to some of them.

use serde_json::json;

use crate::support::*;

/// Three sessions of two users.
fn shop() -> Sess {
    Sess::new()
        .express("sess:alice-111", Some("alice"), &json!({}))
        .express("sess:alice-222", Some("alice"), &json!({}))
        .express("sess:bob-33333", Some("bob"), &json!({}))
        .global(&["--layout", "connect-redis"])
}

#[test]
fn every_exit_code_is_reached_and_documented() {
    let sess = shop();
    let reached = [
        sess.args(["list", "--user", "nobody"]).code,
        sess.args(["inspect", "no-such-session"]).code,
        sess.args(["list", "--no-such-option"]).code,
        {
            let mut sess = Sess::new().many(60_000);
            let mut listing = sess.start(["list", "-o", "ids"]);
            listing.line();
            sess.server.kill();
            listing.end().code
        },
        {
            let sess = Sess::on(Server::with(&["--requirepass", "pw"]));
            sess.args(["list"]).code
        },
        sess.changes_nothing(["purge", "--user", "alice"]).code,
        {
            let mut terminal = sess.terminal(&["purge", "--user", "alice"]);
            terminal.shows("End them?").types("n\n");
            terminal.end().0
        },
        {
            let sess = shop().profile("connect-redis", &json!({ "cookie_secret": "secret" }));
            sess.args(["cookie", "s%3Aalice-111.Zm9yZ2Vk"]).code
        },
        {
            let sess = Sess::new().many(60_000);
            let mut listing = sess.start(["list", "-o", "ids"]);
            listing.line();
            listing.interrupt();
            listing.end().code
        },
    ];
    let reached: Vec<i32> = reached.map(|code| code.expect("a code")).to_vec();
    assert_eq!(reached, [0, 1, 2, 3, 4, 5, 6, 7, 130]);

    let help = sess.args(["help", "exit-codes"]).success().silent().text();
    let documented: Vec<i32> =
        help.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(documented, reached);
}

#[test]
fn refusals_come_before_the_scan() {
    let sess = shop();
    sess.server.forget_calls();
    sess.args(["purge", "--user", "alice"]).code(5).says("no terminal").says("--yes").says("--dry-run");
    sess.args(["purge"]).code(2).says("--all");
    sess.args(["purge", "--yes"]).code(2).says("--all");
    let calls = sess.server.calls();
    assert!(!calls.contains_key("scan") && !calls.contains_key("get"), "{calls:?}");

    let text = format!("{}[profiles.q]\n", sess.profile_text("connect-redis", &json!({})));
    let text = text.replace("layout =", "read_only = true\nlayout =");
    let sess = Sess::on(sess.server).use_profile(&text);
    sess.server.forget_calls();
    sess.changes_nothing(["purge", "--all", "--yes"]).code(5).says("`p` is read-only");
    assert!(!sess.server.calls().contains_key("unlink"));
    // What would happen may be looked at.
    sess.changes_nothing(["purge", "--all", "--dry-run"]).success();
}

#[test]
fn a_limit_refuses_before_the_first_change() {
    let sess = shop();
    sess.changes_nothing(["purge", "--all", "--yes", "--max", "2"]).code(5).says("more than 2").stdout("");
    sess.changes_nothing(["purge", "--all", "--yes", "--max", "0"]).code(5);
    let ids = ["alice-111", "alice-222", "bob-33333"];
    sess.changes_nothing([&["purge", "--yes", "--max", "2"][..], &ids].concat()).code(5);
    let ran = sess.args(["purge", "--all", "--yes", "--max", "3", "-o", "json"]).success();
    assert_eq!(ran.json()["done"], 3);

    // The profile's limit holds until the command line says otherwise.
    let sess = shop();
    let text = sess.profile_text("connect-redis", &json!({})).replace("layout =", "max = 2\nlayout =");
    let sess = Sess::on(sess.server).use_profile(&text);
    sess.changes_nothing(["purge", "--all", "--yes"]).code(5);
    sess.args(["purge", "--all", "--yes", "--max", "none"]).success();
    assert!(sess.server.snapshot().is_empty());
}

#[test]
fn more_than_ten_thousand_are_refused_unless_said_otherwise() {
    let sess = Sess::new().many(10_001);
    let keys = |sess: &Sess| format!("{:?}", sess.server.command(&["DBSIZE"]));
    let before = keys(&sess);
    sess.args(["purge", "--all", "--yes"]).code(5).says("10000").says("--max");
    assert_eq!(keys(&sess), before);
    let ran = sess.args(["purge", "--all", "--yes", "--max", "none", "-o", "json"]).success();
    assert_eq!((&ran.json()["done"], &ran.json()["complete"]), (&json!(10_001), &json!(true)));
    assert_eq!(keys(&sess), "int(0)");
}

#[test]
fn the_question_says_what_will_end_and_yes_ends_it() {
    let sess = shop();
    let mut terminal = sess.terminal(&["purge", "--user", "alice"]);
    terminal.shows("About to end 2 sessions");
    terminal.shows("End them?");
    let shown = terminal.text();
    for part in [&sess.server.url(), "user is alice", "alice 2", "connect-redis 2"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    terminal.types("y\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Ended 2 "), "{shown}");
    assert_eq!(sess.listed("user", &[]), ["bob"]);
}

#[test]
fn no_answer_is_a_no() {
    let sess = shop();
    let before = sess.server.snapshot();
    for keys in ["n\n", "\n", "\u{4}\n", "maybe\n", "nay\n", "yn\n"] {
        let mut terminal = sess.terminal(&["purge", "--all"]);
        terminal.shows("End them?");
        let (code, shown) = terminal.insists(keys);
        assert_eq!(code, Some(6), "{keys:?}: {shown}");
        assert!(shown.contains("nothing was changed"), "{shown}");
    }
    // Ctrl-C at the question.
    let mut terminal = sess.terminal(&["purge", "--all"]);
    terminal.shows("End them?");
    let (code, shown) = terminal.insists("\u{3}");
    assert!(matches!(code, Some(6 | 130)), "{code:?}: {shown}");
    assert!(sess.server.snapshot() == before);
}

#[test]
fn what_changes_while_the_question_stands_is_left_alone() {
    let sess = shop();
    let mut terminal = sess.terminal(&["purge", "--all", "-o", "json"]);
    terminal.shows("End them?");
    // One is written, one ends by itself, one becomes something else, one is new.
    let rewritten = express(Some("alice"), &json!({ "cart": [1] }));
    sess.server.command(&["SET", "sess:alice-111", &rewritten, "KEEPTTL"]);
    sess.server.command(&["DEL", "sess:bob-33333"]);
    sess.server.command(&["SET", "sess:carol-444", &rewritten]);
    terminal.types("y\n");
    let (code, shown) = terminal.end();
    let start = shown.find("{\r\n").unwrap_or_else(|| panic!("no report: {shown}"));
    let end = shown.rfind("}\r\n").expect("its end");
    let report: serde_json::Value = serde_json::from_str(&shown[start..=end]).expect("JSON");
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("the same command again ends what changed"), "{shown}");
    for (member, count) in [("matched", 3), ("done", 1), ("gone", 1), ("changed", 1), ("failed", 0)] {
        assert_eq!(report[member], count, "{member} in {report}");
    }
    assert_eq!(sess.listed("id", &[]), ["alice-111", "carol-444"]);
    let kept: String = redis::cmd("GET").arg("sess:alice-111").query(&mut sess.server.connect()).expect("it");
    assert_eq!(kept, rewritten);

    // A session that is another type of key by now is not a session that was matched.
    let sess = shop();
    let mut terminal = sess.terminal(&["purge", "--all"]);
    terminal.shows("End them?");
    sess.server.command(&["DEL", "sess:alice-111"]);
    sess.server.command(&["HSET", "sess:alice-111", "a", "b"]);
    terminal.types("y\n");
    assert_eq!(terminal.end().0, Some(0));
    assert_eq!(sess.server.snapshot().into_keys().collect::<Vec<_>>(), [b"sess:alice-111"]);
}

#[test]
fn what_is_not_there_comes_with_what_to_do_next() {
    let sess = Sess::new().express(format!("sess:{}", sid(1)), None, &json!({}));
    let plan = sess.write("plan", "root:x:0:0\n");
    let plan = plan.to_str().expect("text");
    let deep = format!("{}a = 1", "a.".repeat(200));
    for (args, code, said) in [
        (&["undo", "nope"][..], 1, "`sessctl runs` lists"),
        (&["purge", "--resume", "nope", "--yes"], 1, "`sessctl runs` lists"),
        (&["apply", plan, "--yes"], 1, "with --plan FILE"),
        (&["inspect"], 2, "--cookie finds"),
        (&["inspect", "zzzz"], 1, "`sessctl list` shows"),
        (&["clear"], 2, "needs a layout"),
        (&["list", "--where", &deep], 2, "more than 200 parts"),
        (&["demo", "--", "demo"], 2, "only wait for Ctrl-C"),
    ] {
        sess.changes_nothing(args).code(code).says(said);
    }
    // A plan without a line break would be read for ever.
    sess.args(["apply", "/dev/zero", "--yes"]).code(1).says("line 1 has no end");
}
