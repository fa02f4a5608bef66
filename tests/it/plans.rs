//! Plans: done as they were written, and refused where they were altered or are for something else.
//! Nothing is changed by one that is not whole, and what is wrong is said.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::*;

/// Writes a plan to end alice's sessions.
#[track_caller]
fn planned(sess: &Sess, more: &[&str]) -> PathBuf {
    let path = sess.server.dir.path().join("alice.plan");
    let _ = std::fs::remove_file(&path);
    let args = [&["purge", "--user", "alice", "--plan", path.to_str().expect("a path")], more].concat();
    let ran = sess.changes_nothing(args).success().says("sessctl apply");
    ran.shows("Planned for 2 sessions; nothing was changed.");
    path
}

fn apply<'a>(path: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["apply", path.to_str().expect("a path")], more].concat()
}

#[test]
fn a_plan_is_done_as_it_was_written() {
    for reveal in [&[][..], &["--reveal"]] {
        let sess = express_shop();
        let path = planned(&sess, reveal);
        let text = std::fs::read_to_string(&path).expect("a plan");
        assert_eq!(text.contains("alice-0000"), !reveal.is_empty());
        sess.changes_nothing(apply(&path, &["--dry-run"])).success();
        sess.changes_nothing(apply(&path, &[])).code(5).says("no terminal");
        // No file is written over.
        sess.changes_nothing(["purge", "--all", "--plan", path.to_str().expect("a path")]).code(1);
        assert_eq!(std::fs::read_to_string(&path).expect("a plan"), text);
        let before = sess.server.snapshot();
        let report = sess.args(apply(&path, &["--yes", "-o", "json"])).success().json();
        assert_eq!([&report["matched"], &report["done"]], [&json!(2), &json!(2)], "{report}");
        assert_eq!(sess.listed("user", &[]), ["bob"]);
        sess.args(["undo", "--yes"]).success();
        assert!(sess.server.snapshot() == before);
    }
}

#[test]
fn what_changed_or_went_since_it_was_planned_is_counted() {
    for reveal in [&[][..], &["--reveal"]] {
        let sess = express_shop();
        let path = planned(&sess, reveal);
        let newer = express(Some("alice"), &json!({ "cart": 1 }));
        sess.server.command(&["SET", "sess:alice-0000000000000000000000000001", &newer, "KEEPTTL"]);
        sess.server.command(&["DEL", "sess:alice-0000000000000000000000000002"]);
        let report = sess.changes_nothing(apply(&path, &["--yes", "-o", "json"])).success().json();
        let counts = ["matched", "done", "changed", "gone"].map(|name| report[name].as_u64());
        assert_eq!(counts, [2, 0, 1, 1].map(Some), "{report}");
    }
}

#[test]
fn an_altered_plan_is_refused() {
    for reveal in [&[][..], &["--reveal"]] {
        let sess = express_shop();
        let path = planned(&sess, reveal);
        let text = std::fs::read_to_string(&path).expect("a plan");
        let lines: Vec<&str> = text.lines().collect();
        let [head, one, two, last] = lines[..] else { panic!("{text}") };
        let all = |lines: &[&str]| lines.iter().flat_map(|line| [*line, "\n"]).collect::<String>();
        for (what, altered) in [
            ("a line removed", all(&[head, one, last])),
            ("a line repeated", all(&[head, one, two, two, last])),
            ("lines in another order", all(&[head, two, one, last])),
            ("another user", text.replace(r#""user":"alice""#, r#""user":"bob""#)),
            ("another filter", text.replace(r#""filter":""#, r#""filter":"not "#)),
            ("another time", text.replace(r#""created_at":"2"#, r#""created_at":"3"#)),
        ] {
            assert_ne!(altered, text, "{what}");
            std::fs::write(&path, altered).expect("written");
            sess.changes_nothing(apply(&path, &["--yes"])).code(5).says("was edited").says("--allow-edited");
        }
        for (what, altered) in [
            ("last line is missing", all(&[head, one, two])),
            ("no header", all(&[one, two, last])),
            ("nothing", String::new()),
            ("no JSON", all(&[head, "{", two, last])),
            ("no step", all(&[head, "{}", two, last])),
            ("a newer version", text.replace(r#""sessctl_plan":1"#, r#""sessctl_plan":2"#)),
        ] {
            assert_ne!(altered, text, "{what}");
            std::fs::write(&path, altered).expect("written");
            let ran = sess.changes_nothing(apply(&path, &["--yes", "--allow-edited"])).code(1);
            assert!(ran.says("plan").stdout.is_empty(), "{what}");
        }
        // Cut anywhere, it is never taken for a smaller one.
        for cut in (0..text.len() - 1).step_by(37) {
            std::fs::write(&path, &text.as_bytes()[..cut]).expect("written");
            sess.changes_nothing(apply(&path, &["--yes", "--allow-edited"])).code(1).says("alice.plan");
        }
        std::fs::write(&path, all(&[head, one, last])).expect("written");
        let report = sess.args(apply(&path, &["--yes", "--allow-edited", "-o", "json"])).success().json();
        assert_eq!(report["done"], 1, "{report}");
        assert_eq!(sess.listed("user", &[]), ["alice", "bob"]);
    }
}

#[test]
fn whatever_is_done_to_any_line_of_a_plan_is_found() {
    for reveal in [&[][..], &["--reveal"]] {
        let sess = express_shop();
        let path = planned(&sess, reveal);
        let text = std::fs::read_to_string(&path).expect("a plan");
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        assert_eq!(lines.len(), 4);
        let refused = |what: &str, altered: &[u8]| {
            assert_ne!(altered, text.as_bytes(), "{what}");
            std::fs::write(&path, altered).expect("written");
            let ran = sess.changes_nothing(apply(&path, &["--yes"]));
            match ran.code {
                Some(5) => ran.says("was edited").says("--allow-edited"),
                Some(1) => ran.says("alice.plan"),
                code => panic!("{what}: {code:?}: {}", ran.stderr),
            };
        };
        for (at, line) in lines.iter().enumerate() {
            let (before, after) = (lines[..at].concat(), lines[at + 1..].concat());
            refused(&format!("line {at} removed"), format!("{before}{after}").as_bytes());
            refused(&format!("line {at} repeated"), format!("{before}{line}{line}{after}").as_bytes());
            refused(&format!("line {at} at the end"), format!("{text}{line}").as_bytes());
            refused(&format!("line {at} cut"), format!("{before}{}", &line[..line.len() / 2]).as_bytes());
            for other in lines.iter().filter(|other| *other != line) {
                refused(
                    &format!("another in place of line {at}"),
                    format!("{before}{other}{after}").as_bytes(),
                );
            }
            // A bit here and there: in names, in numbers, in what holds them together.
            let start = before.len();
            for place in (start..start + line.len() - 1).step_by(7) {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1;
                refused(&format!("byte {place} altered"), &bytes);
            }
        }
        refused("an empty line", format!("{text}\n").as_bytes());
    }
}

#[test]
fn a_plan_is_for_one_store_and_one_day() {
    let sess = express_shop();
    let path = planned(&sess, &[]);
    let other = express_shop();
    other.changes_nothing(apply(&path, &["--yes", "--allow-edited"])).code(5).says("was made for");
    sess.changes_nothing(apply(&path, &["--yes", "--max-age", "0s"])).code(5).says("--max-age of");
    let text = std::fs::read_to_string(&path).expect("a plan");
    let at = text.find(r#""created_at":"20"#).expect("a time") + r#""created_at":""#.len();
    let old = format!("{}2001{}", &text[..at], &text[at + 4..]);
    std::fs::write(&path, &old).expect("written");
    sess.changes_nothing(apply(&path, &["--yes"])).code(5).says("was edited");
    sess.changes_nothing(apply(&path, &["--yes", "--allow-edited"])).code(5).says("--max-age of");
    sess.changes_nothing(apply(&sess.server.dir.path().join("none.plan"), &["--yes"]))
        .code(1)
        .says("none.plan");
    sess.args(apply(&path, &["--yes", "--allow-edited", "--max-age", "40000d"])).success();
    assert_eq!(sess.listed("user", &[]), ["bob"]);
}

#[test]
fn guards_hold_for_plans_too() {
    let sess = express_shop();
    let path = planned(&sess, &[]);
    sess.changes_nothing(apply(&path, &["--yes", "--max", "1"])).code(5).says("more than 1");
    sess.changes_nothing(apply(&path, &["--yes", "--expect", "3"])).code(5).says("--expect says 3");
    sess.changes_nothing(apply(&path, &["--yes", "--resume", "x"])).code(2);
    let text =
        sess.profile_text("connect-redis", &json!({})).replace("layout =", "read_only = true\nlayout =");
    let sess = Sess::on(sess.server).use_profile(&text);
    sess.changes_nothing(apply(&path, &["--yes"])).code(5).says("read-only");
    sess.changes_nothing(["undo", "--yes"]).code(5).says("read-only");
    sess.changes_nothing(["expire", "--all", "--in", "1h", "--yes"]).code(5).says("read-only");
}
