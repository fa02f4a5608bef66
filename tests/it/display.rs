//! What a terminal is given to show: nothing raw, nothing cut that counts, the last line last.

use serde_json::json;

use crate::support::*;

/// A session whose user and cart are written by somebody who means harm.
fn steered() -> Sess {
    let text = "a\u{1b}]0;x\u{7}\u{9b}b\u{202e}c\u{2066}\u{200f}\u{2028}\u{feff}\u{61c}\u{e0041}";
    Sess::new().express(format!("sess:{}", sid(1)), Some(text), &json!({ text: [text] }))
}

#[test]
fn json_steers_no_terminal_wherever_it_is_written_to() {
    let sess = steered();
    let steers = |char: char| char != '\n' && (char.is_control() || (char > '\u{2000}'));
    for args in [
        &["list", "-o", "json"][..],
        &["list", "-o", "ndjson"],
        &["inspect", &sid(1), "-o", "json"],
        &["inspect", &sid(1), "--path", "passport", "-o", "json"],
        &["count", "--by", "user", "-o", "json"],
        &["discover", "-o", "json"],
        &["purge", "--all", "--dry-run", "-o", "json"],
    ] {
        let text = sess.args(args).success().text();
        assert!(!text.contains(steers), "{args:?}: {text:?}");
    }
    let value = express(Some("a\u{202e}b\u{feff}"), &json!({}));
    for form in ["json", "table"] {
        let text = sess.args_with_input(&["decode", "-o", form], value.as_bytes()).success().text();
        assert!(!text.contains(steers), "{form}: {text:?}");
    }
    let user = sess.rows(&[])[0]["user"].as_str().expect("a user").to_string();
    assert!(user.contains('\u{202e}'), "what is read back is what was stored");
}

#[test]
fn a_terminal_gets_no_raw_bytes_though_they_are_asked_for() {
    let sess = steered();
    // A pipe gets every byte.
    let raw = sess.args(["inspect", &sid(1), "--raw"]).success().stdout;
    assert!(raw.windows(3).any(|bytes| bytes == "\u{202e}".as_bytes()));
    let (code, shown) = sess.terminal(&["inspect", &sid(1), "--raw"]).end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("\\u{202e}") || shown.contains("u202e"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{feff}']), "{shown:?}");
}

/// Two sessions whose ids a visitor chose so that they begin alike, and two of others.
fn attacked() -> Sess {
    let mut sess = Sess::new();
    for (id, user) in [
        ("attackerattackerattacker1", 7),
        ("attackerattackerattacker2", 8),
        ("0c1f5e7a9b3d2468ace0135790", 9),
        ("9d8c7b6a5f4e3d2c1b0a998877", 10),
    ] {
        sess = sess.set(format!("PHPREDIS_SESSION:{id}"), format!("user_id|i:{user};"));
    }
    sess
}

#[test]
fn nobody_can_have_the_ids_of_others_shown_by_ids_of_his_own_making() {
    let sess = attacked();
    let whole = ["attackerattackerattacker1", "0c1f5e7a9b3d2468ace0135790", "9d8c7b6a5f4e3d2c1b0a998877"];
    for args in
        [&["list"][..], &["--mask", "list"], &["--mask", "list", "-o", "json"], &["list", "--columns", "key"]]
    {
        let ran = sess.args(args).success();
        for id in whole {
            assert!(!ran.text().contains(&id[..id.len() / 2 + 2]), "{args:?}: {}", ran.text());
        }
    }
    let table = sess.args(["list"]).success();
    let table =
        table.shows("0c1f5e7a…").shows("9d8c7b6a…").shows("attackerattac…#1").shows("attackerattac…#2");
    // What tells them apart stands in the table only where it does not give them away.
    assert!(!table.text().contains("0c1f5e7a9"), "{}", table.text());
    for args in [
        &["--mask", "inspect", "attack"][..],
        &["inspect", "attack"],
        &["purge", "attackerattac…#2", "--yes"],
    ] {
        let ran =
            sess.changes_nothing(args).code(1).says("beginning of several sessions").hides("attackerattacke");
        ran.says("attackerattac…#1");
    }
    sess.args(["--mask", "inspect", "0c1f5e7a…", "-o", "json"]).success().hides("0c1f5e7a9");
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let sess = Sess::new().many(3).env("LC_ALL", "C");
    sess.args(["list"]).success().shows("0000...").hides("…");
    sess.args(["inspect", "00000001..."]).success().hides("…");
}

#[test]
fn forms_that_a_command_does_not_have_are_refused() {
    let sess = Sess::new().many(1);
    for args in [
        &["inspect", &sid(0), "-o", "csv"][..],
        &["inspect", &sid(0), "-o", "ids"],
        &["discover", "-o", "ids"],
        &["runs", "verify-audit", "-o", "ids"],
    ] {
        let ran = sess.args(args).code(2).says("hint: ");
        assert!(ran.stdout.is_empty(), "{}", ran.text());
    }
    sess.args(["inspect", &sid(0), "-o", "csv"]).code(2).says("as table, json, ndjson or yaml");
    sess.args(["discover", "-o", "ids"]).code(2).says("families of keys cannot be printed as ids");
}

#[test]
fn parquet_is_of_lists_and_for_files() {
    let sess = Sess::new().express(format!("sess:{}", sid(1)), Some("ann"), &json!({}));
    let other = sess.args(["count", "-o", "parquet"]).code(2).stderr;
    assert!(other.contains("only `sessctl list` can print Parquet"), "{other}");
    let listed = sess.args(["list", "-o", "parquet"]);
    if cfg!(feature = "parquet") {
        let file = listed.success().stdout;
        assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"), "{} bytes", file.len());
        let (code, shown) = sess.terminal(&["list", "-o", "parquet"]).end();
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains("not for a terminal"), "{shown}");
    } else {
        let refused = listed.code(2).stderr;
        assert!(refused.contains("--features parquet"), "{refused}");
    }
}

#[test]
fn yaml_says_what_json_says() {
    let more = json!({ "cart": [{ "sku": "A-1", "n": 2 }], "note": "no: not this", "empty": {} });
    let sess = Sess::new().express(format!("sess:{}", sid(1)), Some("alice"), &more).set("cache:1", "x");
    let ran = sess.args(["list", "-o", "yaml", "--columns", "id,user,created,agent"]).success();
    ran.stdout(&format!("- id: \"{}\"\n  user: alice\n  created_at: null\n  agent: null\n", sid(1)));
    sess.args(["list", "--user", "bob", "-o", "yaml"]).success().stdout("[]\n");
    let ran = sess.args(["inspect", &sid(1), "-o", "yaml"]).success().silent();
    let ran = ran.shows("\nlayout: connect-redis\n").shows("\ncodec:\n  - json\n");
    let ran = ran.shows("\n  cart:\n    - sku: A-1\n      \"n\": 2\n  note: \"no: not this\"\n  empty: {}\n");
    ran.shows("\ncompanions: []\n");
    sess.args(["inspect", &sid(1), "-o", "yaml", "--path", "cart"])
        .success()
        .stdout("- sku: A-1\n  \"n\": 2\n");
    sess.args(["count", "-o", "yaml"]).success().stdout("count: 1\ncomplete: true\n");
    let by = sess.args(["count", "--by", "user", "-o", "yaml"]).success();
    by.stdout("- user: alice\n  count: 1\n  authenticated: true\n");
    sess.args(["discover", "-o", "yaml"]).success().shows("- keys: \"sess:<id>\"\n  type: string\n");
    sess.args(["layouts", "connect-redis", "-o", "yaml"]).success().shows("layout: connect-redis\nfamily: ");
    let ran = sess.args_with_input(&["decode", "-o", "yaml"], b"{\"a\":[1,\"2\"]}").success();
    ran.stdout("codec:\n  - json\ndata:\n  a:\n    - 1\n    - \"2\"\n");
    let ran = sess.args(["purge", "--all", "--yes", "-o", "yaml"]).success();
    ran.shows("\ndone: 1\n").shows(&format!("\nsessions:\n- id: \"{}\"\n  key: sess:", sid(1)));
    sess.args(["runs", "-o", "yaml"]).success().shows("\n  command: purge\n");
}

#[test]
fn what_is_wide_is_cut_nowhere() {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let sess = Sess::new().express("sess:one-1111", Some("alice"), &json!({ "userAgent": agent }));
    let (_, shown) = sess.terminal_of(80, 24, &["list"]).end();
    assert!(!shown.contains("Firefox"), "{shown}");
    let ran = sess.args(["list", "-o", "wide"]).success();
    ran.shows("CERTAINTY").shows(agent);
    sess.args(["list", "-o", "wide", "--columns", "user,agent"]).success().hides("CERTAINTY").shows(agent);
}

#[test]
fn one_is_no_plural() {
    let sess = Sess::new().many(1);
    sess.args(["list"]).success().says("1 session shown; 1 key scanned");
    sess.args(["discover"]).success().says("1 key, 1 session");
    sess.args(["expire", "--all", "--in", "9h", "--yes"]).success();
    sess.args(["expire", "--all", "--in", "9h", "--yes"]).says("1 session fits already and stays as it is");
}

#[test]
fn wide_is_every_column_and_names_may_be_capitals() {
    let sess = Sess::new().many(1);
    let head = sess.args(["list", "--wide"]).success().lines()[0].clone();
    for name in ["IDLE", "AGE", "EXPIRES", "PREFIX", "TYPE", "CERTAINTY"] {
        assert!(head.split_whitespace().any(|word| word == name), "{head}");
    }
    sess.args(["list", "--columns", "ID,USER", "--sort", "-TTL", "-o", "csv"]).success().shows("id,user\n");
}

#[test]
fn sizes_and_addresses_are_never_cut() {
    let more = json!({ "ip": "2001:db8:85a3::8a2e:370:7334", "cart": "x".repeat(110_000) });
    let sess = Sess::new().express(format!("sess:{}", sid(1)), Some(&"long-name-".repeat(30)), &more);
    let sess = sess.env("COLUMNS", "80");
    let ran = sess.args(["list"]).success();
    assert!(!ran.lines()[1].contains("K…"), "{}", ran.text());
    // Chosen columns stay, and then it is the user that gives way.
    sess.args(["list", "--columns", "id,user,ip,bytes"])
        .success()
        .shows("2001:db8:85a3::8a2e:370:7334")
        .shows(" KiB");
}

#[test]
fn a_change_fits_one_screen_and_ends_with_its_result() {
    let mut sess = Sess::new();
    for slug in ["connect-redis", "koa-session", "hono-sessions", "laravel", "symfony", "spring-session"] {
        sess = sess.load(slug);
    }
    let mut terminal = sess.terminal_of(80, 24, &["purge", "--all"]);
    terminal.shows("End them? [y/N]: ").types("y\r");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.len() < 24, "{} lines: {shown}", lines.len());
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{shown}");
    let question = lines.iter().position(|line| line.starts_with("End them?")).expect("a question");
    // What matters to the answer stands before it, and what two layouts have in common once.
    let caveats = lines[..question].join("\n");
    assert!(caveats.contains("What this does not end:"), "{shown}");
    assert!(caveats.contains("connect-redis") && caveats.contains("koa-session"), "{shown}");
    assert_eq!(shown.matches("A request in flight that changes").count(), 1, "{shown}");
    assert!(lines[lines.len() - 2].starts_with("Ended "), "{shown}");
    assert!(lines[lines.len() - 1].starts_with("to take it back: sessctl undo "), "{shown}");
    // Who is hit is named.
    assert!(lines.iter().any(|line| line.contains("users ") && line.contains("alice ")), "{shown}");
}

#[test]
fn the_question_is_read_from_the_left() {
    let long = "a-name-that-takes-half-of-the-line-and-some";
    let mut sess = Sess::new();
    for n in 0..4 {
        sess = sess.express(format!("sess:{}", sid(n)), Some(&format!("{n}-{}", &long[n..])), &json!({}));
    }
    let mut terminal = sess.terminal_of(40, 24, &["expire", "--all", "--in", "9h"]);
    terminal.shows("[y/N]: ").types("n\r");
    let (_, shown) = terminal.end();
    assert!(shown.starts_with("About to change when 4 sessions end on\r\n  unix:"), "{shown}");
    // A number stays with what it counts.
    assert!(shown.lines().all(|line| line.trim() != "1" && !line.trim().starts_with("1,")), "{shown}");
    assert!(!shown.contains('\u{a0}'), "{shown:?}");
}

#[test]
fn nothing_is_written_across_a_pager() {
    let sess = Sess::new().many(2);
    let program = sess.command(["list"]).get_program().to_str().expect("text").to_string();
    let store = sess.server.url();
    let line = format!("stty cols 80 rows 24; '{program}' --store '{store}' list | cat");
    let ran = Ran::of(
        std::process::Command::new("script").args(["-qec", &line, "/dev/null"]).env("SHELL", "/bin/sh"),
    );
    assert!(ran.text().contains("user1") && !ran.text().contains("scanned"), "{}", ran.text());
    sess.args(["list"]).success().says("2 keys scanned");
}

#[test]
fn without_a_question_notes_come_before_the_result() {
    let sess = Sess::new().load("connect-redis").load("koa-session");
    let (code, shown) = sess.terminal_of(80, 24, &["purge", "--all", "--yes"]).end();
    assert_eq!(code, Some(0), "{shown}");
    let at = |part: &str| shown.find(part).unwrap_or_else(|| panic!("{part} is not in {shown}"));
    assert!(at("note: connect-redis and koa-session: A request in flight") < at("Ended "), "{shown}");
    assert!(at("Ended ") < at("to take it back"), "{shown}");
}

#[test]
fn runs_fit_a_terminal_and_say_by_what_they_were_chosen() {
    let sess = Sess::new().many(3);
    sess.args(["purge", "--user", "user1", "--yes", "--ticket", "OPS-7"]).success();
    let runs = sess.args(["runs", "-o", "json"]).success().json();
    assert_eq!((&runs[0]["filter"], &runs[0]["ticket"]), (&json!("user is user1"), &json!("OPS-7")));
    let run = runs[0]["run"].as_str().expect("a run");
    let ran = sess.args(["runs", "-o", "csv"]).success();
    ran.shows(",done,state,filter,ticket\n").shows(",done,user is user1,OPS-7\n");
    let (_, shown) = sess.terminal_of(80, 24, &["--color", "never", "runs"]).end();
    for part in [run, "purge    1 of 1  done   user is user1\r\n", &sess.server.url()] {
        assert!(shown.contains(part), "{part:?}: {shown}");
    }
    sess.args(["runs", "show", run]).success().shows("noted: OPS-7\n");
}

#[test]
fn two_sessions_are_compared() {
    let more = |cart: u64| json!({ "cart": [{ "sku": "A-1", "n": cart }], "csrfToken": format!("t{cart}") });
    let sess = Sess::new()
        .express("sess:one-1111", Some("alice"), &more(1))
        .express("sess:two-2222", Some("bob"), &json!({ "note": "x" }))
        .express("sess:three-33", Some("alice"), &more(2));
    let differ = |other: &str| {
        let rows = sess.args(["inspect", "one-1111", other, "--diff", "-o", "json"]).success().json();
        rows.as_array().expect("rows").clone()
    };
    let rows = differ("three-33");
    let at = |path: &str| rows.iter().find(|row| row["path"] == path).cloned();
    assert_eq!(
        at("data.cart.0.n"),
        Some(json!({ "path": "data.cart.0.n", "first": 1, "second": 2, "only_in": null }))
    );
    // What is secret is compared, and not shown.
    assert_eq!(at("data.csrfToken").expect("it differs")["second"], "(hidden, see --reveal)");
    assert!(at("user").is_none() && at("layout").is_none() && at("data.cart.0.sku").is_none(), "{rows:?}");
    let rows = differ("two-2222");
    let only = |path: &str| rows.iter().find(|row| row["path"] == path).map(|row| row["only_in"].clone());
    assert_eq!((only("data.note"), only("data.cart.0.sku")), (Some(json!("second")), Some(json!("first"))));
    assert!(rows.iter().any(|row| row["path"] == "user" && row["second"] == "bob"));
    let ran = sess.args(["inspect", "one-1111", "two-2222", "--diff"]).success().says("members differ, ");
    ran.shows("(alice)\n").shows("(not there)").hides("one-1111").hides("t1");
    sess.args(["inspect", "one-1111", "--diff"]).code(2).says("name both");
    sess.args(["inspect", "one-1111", "sess:one-1111", "--diff"]).code(2).says("the same session");
}

#[test]
fn rows_come_in_the_order_that_was_asked_for() {
    let sess = Sess::new().many(3).express("sess:one-1111", Some("alice"), &json!({}));
    let users = |sort: &[&str]| {
        sess.args([&["list", "--columns", "user", "--no-headers", "--sort"], sort].concat()).success().text()
    };
    assert_eq!(users(&["user:desc"]), users(&["-user"]));
    assert_eq!(users(&["user", "--reverse"]), users(&["user:desc"]));
    assert_ne!(users(&["user:asc"]), users(&["user:desc"]));
    sess.args(["list", "--reverse"]).code(2).says("--sort");
    let counted =
        |more: &[&str]| sess.args([&["count", "--by", "user", "-o", "ids"], more].concat()).success().lines();
    let mut turned = counted(&["--sort", "user", "--reverse"]);
    turned.reverse();
    assert_eq!(counted(&["--sort", "user:asc"]), turned);
}

#[test]
fn details_are_there_for_those_who_ask() {
    let sess = Sess::new().many(3);
    let ran = sess.args(["list", "-v", "-o", "ids"]).success();
    ran.says("no profile; store unix:").says("layouts are asked").says("3 sessions shown; 3 keys scanned");
    sess.args(["list", "-o", "ids"]).success().silent();
    sess.args(["list", "-v", "-q"]).code(2);
}

#[test]
fn links_are_for_terminals_alone() {
    let sess = Sess::new();
    let link = "\u{1b}]8;;https://github.com/tj/connect-redis\u{1b}\\";
    let (_, shown) = sess.terminal_of(100, 40, &["layouts", "connect-redis"]).end();
    assert!(shown.contains(link), "{shown:?}");
    let (_, shown) = sess.terminal_of(100, 40, &["--color", "never", "layouts", "connect-redis"]).end();
    assert!(
        !shown.contains("\u{1b}]8") && shown.contains("https://github.com/tj/connect-redis"),
        "{shown:?}"
    );
    sess.args(["layouts", "connect-redis", "--color", "always"]).success().hides("\u{1b}");
}

#[test]
fn rows_are_printed_by_a_template() {
    let sess = steered().express(format!("sess:{}", sid(2)), Some("bob"), &json!({ "ip": "192.0.2.1" }));
    let list = |more: &[&str]| sess.args([&["list", "--user", "bob"], more].concat());
    let id = sid(2);
    list(&["--format", "{id} {user}"]).success().stdout(&format!("{id} bob\n"));
    list(&["--format", r"{USER}\t{layout}{{}}", "-0"]).success().stdout("bob\tconnect-redis{}\0");
    list(&["--mask", "--format", "{id}"]).success().stdout(&format!("{}…\n", &id[..8]));
    // A column as in the table, its members as data.
    let ran = list(&["--format", "{ttl} {ttl_ms} {login} {authenticated} {created_at}"]).success();
    let text = ran.text();
    let [span, ms, rest @ ..] = &text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!(span.ends_with('m') || span.ends_with('h') || *span == "never", "{text}");
    assert!(*span == "never" || ms.parse::<u64>().is_ok(), "{text}");
    assert_eq!(rest.last(), Some(&"\n"), "{text}");
    // No value steers a terminal or makes a line of its own, wherever it is written to.
    let ran = sess.args(["list", "--sort", "user", "--format", "{user}"]).success();
    assert_eq!(ran.text().lines().count(), 2, "{}", ran.text());
    ran.hides("\u{1b}").hides("\u{202e}").shows("\\u{202e}");
    // Only what is named is asked of the server.
    sess.server.forget_calls();
    sess.args(["list", "--layout", "connect-redis", "--format", "{key}"]).success();
    assert!(!sess.server.calls().contains_key("memory|usage"), "{:?}", sess.server.calls());

    sess.args(["count", "--by", "user", "--sort", "user", "--format", "{count} {user}"])
        .success()
        .shows("1 bob\n");
    sess.args(["layouts", "laravel", "--format", "{layout}"]).success().stdout("laravel\n");
    sess.args(["discover", "--format", "{keys} {count}"]).success().stdout("sess:<id> 2\n");
    let ran = sess.args(["purge", "--user", "bob", "--yes", "--format", "{user} {id}"]).success();
    ran.stdout(&format!("bob {id}\n"));
    sess.args(["runs", "--format", "{command}: {done} of {matched}"]).success().stdout("purge: 1 of 1\n");
    sess.args(["undo", "--yes", "--format", "{id}"]).success().stdout(&format!("{id}\n"));
}

#[test]
fn a_template_that_makes_no_sense_is_refused_before_anything_is_done() {
    let sess = Sess::new().many(2);
    for (args, what) in [
        (&["list", "--format", "{idd}"][..], "did you mean `id`?"),
        (&["list", "--format", "id"], "there is no `{name}` in it"),
        (&["list", "--format", "json"], "-o json"),
        (&["list", "--format", "{id"], "has no `}` after it"),
        (&["list", "--format", "{id}", "-o", "csv"], "cannot be used with"),
        (&["list", "--format", "{id}", "--columns", "id"], "use one of them"),
        (&["count", "--by", "user", "--format", "{usr}"], "did you mean `user`?"),
        (&["count", "--format", "{count}"], "add --by COLUMN"),
        (&["purge", "--all", "--yes", "--format", "{uzer}"], "did you mean `user`?"),
        (&["expire", "--all", "--in", "1h", "--yes", "--format", "{x}"], "no `{x}` here"),
        (&["inspect", "x", "--format", "{id}"], "inspect prints a session as"),
        (&["stats", "--format", "{x}"], "cannot be printed"),
        (&["doctor", "--format", "{x}"], "cannot be printed"),
        (&["runs", "--format", "{x}"], "no `{x}` here"),
        (&["discover", "--format", "{x}"], "no `{x}` here"),
    ] {
        sess.changes_nothing(args).code(2).says(what);
    }
}

#[test]
fn what_is_longer_than_the_screen_goes_through_a_pager() {
    let sess =
        Sess::new().many(100).express(format!("sess:{}", sid(200)), Some("a\u{1b}]0;x\u{7}"), &json!({}));
    let paged = sess.server.dir.path().join("paged");
    let pager = format!("cat >'{}'", paged.display());
    let sess = sess.env("SESSCTL_PAGER", &pager);
    let on_screen = |args: &[&str]| {
        let (code, shown) = sess.terminal_of(80, 24, args).end();
        assert_eq!(code, Some(0), "{args:?}: {shown}");
        (
            shown,
            std::fs::read_to_string(&paged).inspect(|_| std::fs::remove_file(&paged).expect("it goes")).ok(),
        )
    };
    for args in [
        &["list"][..],
        &["count", "--by", "user"],
        &["layouts"],
        &["inspect", "--user", "user1", "--user", "user2", "--user", "user3"],
    ] {
        let (shown, through) = on_screen(args);
        let through = through.unwrap_or_else(|| panic!("{args:?} is not paged: {shown}"));
        assert!(through.lines().count() > 22, "{args:?}: {through}");
        assert!(!through.contains("\u{1b}]") && !through.contains('\u{7}'), "{through:?}");
        assert!(!shown.contains("user7"), "{args:?}: {shown}");
    }
    // What was found is said when the pager is done, and is no part of what it shows.
    let (shown, through) = on_screen(&["list"]);
    assert!(shown.contains("101 sessions shown"), "{shown}");
    assert_eq!(through.expect("paged").lines().count(), 102);
    for args in [
        &["list", "--user", "user7"][..],
        &["list", "--no-pager"],
        &["list", "-o", "json"],
        &["list", "-o", "csv"],
        &["list", "--format", "{id} {user}"],
    ] {
        let (shown, through) = on_screen(args);
        assert_eq!(through, None, "{args:?}");
        assert!(shown.contains("user7"), "{args:?}: {shown}");
    }
    // Nothing is paged into a pipe.
    sess.args(["list"]).success().shows("user7");
    assert!(!paged.exists());
}

#[test]
fn a_pager_may_end_early_or_not_be_there() {
    let mut sess = Sess::new().many(5000);
    for (pager, shows, sort) in [
        ("head -n 2", 2, "no"),
        ("head -n 2", 2, "user"),
        ("no-such-pager -x", 5001, "no"),
        ("no-such-pager -x", 5001, "user"),
        ("cat", 5001, "user"),
        ("", 5001, "no"),
    ] {
        sess = sess.env("SESSCTL_PAGER", pager);
        let args: &[&str] = if sort == "no" { &["list"] } else { &["list", "--sort", sort] };
        let (code, shown) = sess.terminal_of(80, 24, args).end();
        assert_eq!(code, Some(0), "{pager}: {shown}");
        let rows = shown.lines().filter(|line| line.contains("connect-r") || line.contains("LAYOUT")).count();
        assert_eq!(rows, shows, "{pager}: {shown}");
    }
}
