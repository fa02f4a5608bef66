//! Files that decide over sessions, and what is wrong with them: plans that were altered or are for
//! something else, run files that were cut short, damaged or written elsewhere. Nothing is changed
//! by one that is not whole, and what is wrong is said.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::support::*;

fn shop() -> Sess {
    Sess::new()
        .express("sess:alice-0000000000000000000000000001", Some("alice"), &json!({}))
        .express("sess:alice-0000000000000000000000000002", Some("alice"), &json!({}))
        .express("sess:bob-000000000000000000000000000003", Some("bob"), &json!({}))
        .set("other", "1")
        .global(&["--layout", "connect-redis"])
}

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
        let sess = shop();
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
        let sess = shop();
        let path = planned(&sess, reveal);
        let newer = express(Some("alice"), &json!({ "cart": 1 }));
        sess.server.command(&["SET", "sess:alice-0000000000000000000000000001", &newer, "KEEPTTL"]);
        sess.server.command(&["DEL", "sess:alice-0000000000000000000000000002"]);
        let report = sess.changes_nothing(apply(&path, &["--yes", "-o", "json"])).code(3).json();
        let counts = ["matched", "done", "changed", "gone"].map(|name| report[name].as_u64());
        assert_eq!(counts, [2, 0, 1, 1].map(Some), "{report}");
    }
}

#[test]
fn an_altered_plan_is_refused() {
    for reveal in [&[][..], &["--reveal"]] {
        let sess = shop();
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
            ("another moment", text.replace(r#""created_at":"2"#, r#""created_at":"3"#)),
        ] {
            assert_ne!(altered, text, "{what}");
            std::fs::write(&path, altered).expect("written");
            sess.changes_nothing(apply(&path, &["--yes"])).code(5).says("was edited").says("--allow-edited");
        }
        for (what, altered) in [
            ("no last line", all(&[head, one, two])),
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
fn a_plan_is_for_one_store_and_one_day() {
    let sess = shop();
    let path = planned(&sess, &[]);
    let other = shop();
    other.changes_nothing(apply(&path, &["--yes", "--allow-edited"])).code(5).says("was made for");
    sess.changes_nothing(apply(&path, &["--yes", "--max-age", "0s"])).code(5).says("--max-age is");
    let text = std::fs::read_to_string(&path).expect("a plan");
    let at = text.find(r#""created_at":"20"#).expect("a time") + r#""created_at":""#.len();
    let old = format!("{}2001{}", &text[..at], &text[at + 4..]);
    std::fs::write(&path, &old).expect("written");
    sess.changes_nothing(apply(&path, &["--yes"])).code(5).says("was edited");
    sess.changes_nothing(apply(&path, &["--yes", "--allow-edited"])).code(5).says("--max-age is");
    sess.changes_nothing(apply(&sess.server.dir.path().join("none.plan"), &["--yes"]))
        .code(1)
        .says("none.plan");
    sess.args(apply(&path, &["--yes", "--allow-edited", "--max-age", "40000d"])).success();
    assert_eq!(sess.listed("user", &[]), ["bob"]);
}

#[test]
fn guards_hold_for_plans_too() {
    let sess = shop();
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

/// Ends everything of a shop; the run's name and file.
#[track_caller]
fn purged(sess: &Sess) -> (String, PathBuf) {
    let report = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json();
    let run = report["run"].as_str().expect("a run").to_string();
    let path = sess.server.dir.path().join("sessctl/runs").join(format!("{run}.run"));
    assert!(path.exists());
    (run, path)
}

#[test]
fn a_run_file_that_is_cut_short_gives_back_what_is_whole() {
    let sess = shop();
    let before = sess.server.snapshot();
    let (run, path) = purged(&sess);
    let whole = std::fs::read(&path).expect("a run file");
    let mut restored = Vec::new();
    for cut in (0..=whole.len()).step_by(23).chain([whole.len() - 1]) {
        sess.server.flush();
        sess.server.command(&["SET", "other", "1"]);
        std::fs::write(&path, &whole[..cut]).expect("written");
        let ran = sess.args(["undo", &run, "--yes", "-o", "json"]);
        let back = sess.server.size() - 1;
        restored.push(back);
        match ran.code {
            // Not even its beginning is there.
            Some(1) => assert!(back == 0 && !ran.stderr.is_empty(), "{cut}"),
            Some(0) => {
                assert!(back == 0 || sess.server.snapshot() == before, "{cut}: {back}");
                // It stays a file that can be read, and says that it was undone.
                let runs = sess.args(["runs", "-o", "json"]).success().silent().json();
                if back > 0 {
                    assert_eq!(runs[0]["state"], "undone", "{cut}");
                }
                sess.changes_nothing(["undo", &run, "--yes"]).success();
            }
            code => panic!("{cut}: {code:?}: {}", ran.stderr),
        }
    }
    assert!(restored.contains(&0) && restored.ends_with(&[3]), "{restored:?}");
}

#[test]
fn a_damaged_run_file_changes_nothing() {
    let sess = shop();
    let (run, path) = purged(&sess);
    let whole = std::fs::read(&path).expect("a run file");
    for at in (0..whole.len()).step_by(29) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, &bytes).expect("written");
        let ran = sess.changes_nothing(["undo", &run, "--yes"]).code(1);
        assert!(ran.stderr.contains("damaged") || ran.stderr.contains("is no run file"), "{}", ran.stderr);
        sess.args(["runs"]).code(3).says(path.to_str().expect("a path"));
        sess.changes_nothing(["purge", "--resume", &run, "--yes"]).code(1);
    }
    // What comes before the damage can still be had.
    let mut bytes = whole.clone();
    *bytes.last_mut().expect("a byte") ^= 1;
    std::fs::write(&path, &bytes).expect("written");
    sess.changes_nothing(["undo", &run, "--yes"]).code(1).says("damaged").says("--salvage");
    sess.args(["undo", &run, "--yes", "--salvage"]).success();
    assert_eq!(sess.server.size(), 4);
}

/// The file with its beginning saying another version of its records.
fn of_version(whole: &[u8], version: u8) -> Vec<u8> {
    let mark = whole.iter().position(|byte| *byte == b'\n').expect("a mark") + 1;
    let (head, rest) = whole[mark..].split_at(16);
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let (payload, after) = rest.split_at(length);
    let mut plain = Vec::new();
    DeflateDecoder::new(payload).read_to_end(&mut plain).expect("deflated");
    // A map of one, the word `Start`, a list, and in it first the version.
    assert_eq!((&plain[2..7], plain[8]), (&b"Start"[..], 1));
    plain[8] = version;
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).expect("deflated");
    let payload = encoder.finish().expect("deflated");
    let length = payload.len() as u32;
    let digest = Sha256::digest(&payload);
    [&whole[..mark], &length.to_le_bytes(), &(!length).to_le_bytes(), &digest[..8], &payload, after].concat()
}

#[test]
fn a_run_of_a_newer_version_is_not_guessed_at() {
    let sess = shop();
    let (run, path) = purged(&sess);
    let whole = std::fs::read(&path).expect("a run file");
    std::fs::write(&path, of_version(&whole, 2)).expect("written");
    sess.changes_nothing(["undo", &run, "--yes"]).code(1).says("newer version of sessctl");
    sess.changes_nothing(["undo", &run, "--yes", "--salvage"]).code(1).says("newer version of sessctl");
    sess.args(["runs"]).code(3).says("newer version of sessctl");
    std::fs::write(&path, of_version(&whole, 1)).expect("written");
    sess.args(["undo", &run, "--yes"]).success();
    assert_eq!(sess.server.size(), 4);
}

#[test]
fn runs_are_found_by_name_and_for_their_store() {
    let sess = shop();
    let (run, path) = purged(&sess);
    sess.changes_nothing(["undo", "20010101", "--yes"]).code(1).says("no run `20010101`");
    sess.changes_nothing(["undo", "../../etc/passwd", "--yes"]).code(1);
    sess.args(["runs", "show", "nothing"]).code(1).says("no run `nothing`");
    let shown = sess.args(["runs", "show", &run, "-o", "ndjson"]).success().silent().ndjson();
    let mut users: Vec<&str> = shown.iter().filter_map(|row| row["user"].as_str()).collect();
    users.sort_unstable();
    assert_eq!(users, ["alice", "alice", "bob"]);
    assert_eq!(sess.args(["runs", "show", &run]).success().lines().len(), 3);
    assert_eq!(sess.args(["runs", "-o", "ids"]).success().lines(), [run.as_str()]);

    // Another store's own runs do not matter here, and this one's not there.
    let other = shop().env("XDG_STATE_HOME", sess.server.dir.path().to_str().expect("a path"));
    other.changes_nothing(["undo", "--yes"]).code(1).says("no run on");
    other.changes_nothing(["undo", &run, "--yes"]).code(5).says("was made on");
    let report = other.args(["purge", "--all", "--yes", "-o", "json"]).success().json();
    let second = report["run"].as_str().expect("a run");
    let common = &run[..2];
    assert!(second.starts_with(common));
    sess.changes_nothing(["undo", common, "--yes"]).code(1).says("2 runs begin with");
    sess.args(["undo", "--yes"]).success();
    assert_eq!(sess.server.size(), 4);

    // Only what is old goes.
    sess.args(["runs", "prune"]).success().says("0 undo files removed");
    let week = std::time::SystemTime::now() - std::time::Duration::from_secs(8 * 24 * 3600);
    std::fs::File::options()
        .append(true)
        .open(&path)
        .and_then(|file| file.set_modified(week))
        .expect("made older");
    sess.args(["runs", "prune"]).success().says("1 undo file removed");
    assert_eq!(sess.args(["runs", "-o", "ids"]).success().lines(), [second]);
    sess.changes_nothing(["undo", &run, "--yes"]).code(1).says("no run");
}
