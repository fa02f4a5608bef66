//! Whole screens, as terminals of 80 and of 40 columns show them.
//!
//! `UPDATE=1 cargo test --test it screens` writes them anew, for somebody to look at.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::*;

/// The screen is the one that is kept under this name.
fn holds(name: &str, shown: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/screens").join(format!("{name}.txt"));
    if fs::read_to_string(&path).is_ok_and(|held| held == shown) {
        return;
    }
    let updating = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    assert!(updating, "{} is not what is shown now:\n{shown}", path.display());
    fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    fs::write(path, shown).expect("written");
}

/// What differs from run to run and from server to server, replaced by as much that does not.
fn settled(shown: &str, run: &str) -> String {
    let mut lines = String::new();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join("  ");
    for line in shown.replace("\r\n", "\n").lines() {
        let mut line = line.replace(run, &"R".repeat(run.len()));
        if let Some((before, after)) = line.split_once(" scanned in ") {
            line = format!("{before} scanned in {}", after.replace(|char: char| char.is_ascii_digit(), "0"));
        }
        // A run began a moment ago, or now.
        if line.starts_with(&"R".repeat(run.len())) && (line.contains("now ") || line.contains(" ago ")) {
            line.replace_range(run.len() + 2..run.len() + 9, "SSSSSSS");
        }
        if line.contains("unix:") {
            line = "STORE".to_string();
        }
        if let Some((before, _)) = line.split_once('~') {
            line = words(before);
        } else if line.starts_with("KEYS") {
            line = words(&line);
        }
        // How much memory something takes is the server's own affair.
        for unit in [" B", " KiB"] {
            let mut from = 0;
            while let Some(at) = line[from..].find(unit).map(|at| from + at) {
                let digits = line[..at].len()
                    - line[..at].trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
                line.replace_range(at - digits..at, &"0".repeat(digits));
                from = at + unit.len();
            }
        }
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

#[test]
fn screens() {
    let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let cart = json!([{ "sku": "A-100", "qty": 2 }, { "sku": "B-7", "qty": 1 }]);
    let sess = Sess::new()
        .express(
            format!("shop:{}", sid(1)),
            Some("alice"),
            &json!({ "ip": "192.0.2.10", "userAgent": browser, "cart": cart, "csrfToken": "abc" }),
        )
        .express(format!("shop:{}", sid(2)), Some("alice"), &json!({ "ip": "2001:db8:85a3::8a2e:370:7334" }))
        .express(format!("shop:{}", sid(3)), Some("bob@a-company-with-a-long-name.example"), &json!({}))
        .express(format!("shop:{}", sid(4)), None, &json!({ "ip": "198.51.100.7" }))
        .load("overleaf")
        .set("cache:page:/", "<html>");
    for key in sess.listed("key", &[]) {
        sess.server.command(&["EXPIRE", &key, "363000"]);
    }
    sess.args(["purge", &sid(4), "--yes", "--ticket", "OPS-7"]).success();
    let run = sess.args(["runs", "-o", "ids"]).success().text().trim().to_string();
    sess.args(["undo", "--yes"]).success();
    let one = sid(1);
    let screens: &[(&str, &[&str])] = &[
        ("list", &["list"]),
        ("inspect", &["inspect", &one, "--times", "relative"]),
        ("count", &["count", "--by", "user"]),
        ("discover", &["discover", "-q"]),
        ("runs", &["runs", "-q"]),
        ("purge-dry-run", &["purge", "--authenticated", "--dry-run"]),
        ("layouts", &["layouts", "--family", "JVM"]),
        ("layout", &["layouts", "connect-redis"]),
        ("help", &["-h"]),
        ("exit-codes", &["help", "exit-codes"]),
    ];
    for (name, args) in screens {
        for columns in [80, 40] {
            let args = [&["--color", "never"], *args].concat();
            let (code, shown) = sess.terminal_of(columns, 24, &args).end();
            assert!(matches!(code, Some(0)), "{args:?}: {code:?} {shown}");
            holds(&format!("{name}-{columns}"), &settled(&shown, &run));
        }
    }
}
