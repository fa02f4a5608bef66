//! Run files are bound: what was edited, put together from others or made by hand is refused, and so is
//! a key that does not belong to its session layout's, whatever the file says.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::run_file::{
    exchange, file_of, key_file, older_file_of, record_ends, records, run_file, with_records,
};
use crate::support::*;

const ALICE: &str = "sess:alice-0000000000000000000000000001";
/// As long, and nobody's session.
const FOREIGN: &str = "config:admin:passwd:0000000000000000001";

/// Ends everything in a store; the run's name, its file and what is in it.
#[track_caller]
fn purged(sess: &Sess) -> (String, PathBuf, Vec<u8>) {
    let report = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json();
    let run = report["run"].as_str().expect("a run").to_string();
    let path = run_file(sess, &run);
    let whole = std::fs::read(&path).expect("a run file");
    (run, path, whole)
}

/// The file as a crash would have left it: what it did last is not known.
fn interrupted(whole: &[u8]) -> Vec<u8> {
    let ends = record_ends(whole);
    whole[..ends[ends.len() - 3]].to_vec()
}

/// Neither `undo` nor `--resume` does anything with this, and both say why.
#[track_caller]
fn refused(sess: &Sess, run: &str, path: &Path, file: &[u8], says: &str) {
    std::fs::write(path, file).expect("written");
    for args in [&["undo", run, "--yes"][..], &["purge", "--resume", run, "--yes"]] {
        let ran = sess.changes_nothing(args);
        assert_eq!(ran.code, Some(5), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("hint:"), "{args:?}: {}", ran.stderr);
        ran.hides(ALICE).hides(FOREIGN);
    }
}

#[test]
fn a_file_that_was_edited_and_given_new_sums_is_refused() {
    let sess = express_shop();
    let (run, path, whole) = purged(&sess);
    let all = records(&whole);
    for at in 0..all.len() {
        for byte in (0..all[at].len()).step_by(11) {
            let mut edited = all.clone();
            edited[at][byte] ^= 1;
            std::fs::write(&path, file_of(&edited, None)).expect("written");
            sess.changes_nothing(["undo", &run, "--yes"]).code(5).says("was edited").says("audit.key");
        }
    }
    // Not a byte of what is in it need change.
    refused(&sess, &run, &path, &file_of(&all, None), "was edited");
    refused(&sess, &run, &path, &file_of(&all, Some(&[7; 32])), "was edited");
    std::fs::write(&path, &whole).expect("written");
    sess.args(["undo", &run, "--yes"]).success();
    assert_eq!(sess.server.size(), 4);
}

#[test]
fn records_that_are_taken_out_exchanged_or_brought_in_are_noticed() {
    let sess = express_shop();
    let (other, _, second) = purged(&sess);
    sess.args(["undo", &other, "--yes"]).success();
    let (run, path, whole) = purged(&sess);
    let pieces = |file: &[u8]| -> Vec<Vec<u8>> {
        record_ends(file).windows(2).map(|record| file[record[0]..record[1]].to_vec()).collect()
    };
    let (mark, own, others) = (&whole[..record_ends(&whole)[0]], pieces(&whole), pieces(&second));
    let made = |pieces: Vec<Vec<u8>>| [mark, &pieces.concat()].concat();
    let last = own.len() - 1;
    for at in 1..=last {
        let mut repeated = own.clone();
        repeated.insert(at, own[at].clone());
        refused(&sess, &run, &path, &made(repeated), "was edited");
        if at < last {
            let mut short = own.clone();
            short.remove(at);
            refused(&sess, &run, &path, &made(short), "was edited");
            let mut swapped = own.clone();
            swapped.swap(at, at + 1);
            refused(&sess, &run, &path, &made(swapped), "was edited");
        }
        let mut spliced = own.clone();
        spliced[at].clone_from(&others[at]);
        refused(&sess, &run, &path, &made(spliced), "was edited");
    }
    // The end of another run, behind all of its own.
    refused(&sess, &run, &path, &made([own, others[1..].to_vec()].concat()), "was edited");
}

#[test]
fn without_the_key_or_with_another_one_nothing_is_taken_back() {
    let sess = express_shop();
    let (run, path, whole) = purged(&sess);
    let key = std::fs::read(key_file(&sess)).expect("a key");
    std::fs::write(key_file(&sess), [9; 32]).expect("written");
    refused(&sess, &run, &path, &whole, "signed with another key");
    std::fs::remove_file(key_file(&sess)).expect("removed");
    for args in [&["undo", &run, "--yes"][..], &["purge", "--resume", &run, "--yes"]] {
        sess.changes_nothing(args).code(5).says("the key that signed it is gone").says("audit.key");
    }
    sess.args(["runs"]).code(3).says("the key that signed it is gone");
    std::fs::write(key_file(&sess), key).expect("written");
    sess.args(["undo", &run, "--yes"]).success();
    assert_eq!(sess.server.size(), 4);
}

#[test]
fn an_older_file_is_undone_with_a_warning_and_not_gone_on_with() {
    let sess = express_shop();
    let before = sess.server.contents();
    let (run, path, whole) = purged(&sess);
    let older = older_file_of(&records(&interrupted(&whole)));
    std::fs::write(&path, older).expect("written");
    let ran = sess.changes_nothing(["purge", "--resume", &run, "--yes"]).code(5);
    ran.says("not signed").says("can be undone");
    sess.args(["undo", &run, "--yes"]).success().says("not signed");
    assert!(sess.server.contents() == before);
    // It stays one that can be read.
    let runs = sess.args(["runs", "-o", "json"]).success().silent().json();
    assert_eq!(runs[0]["state"], "undone");
    sess.args(["undo", &run, "--yes"]).success().says("was already undone");
}

#[test]
fn a_key_that_is_none_of_its_layouts_is_refused_whoever_wrote_it_down() {
    let sess = express_shop();
    let value = express(Some("alice"), &json!({}));
    let (run, path, whole) = purged(&sess);
    // It holds what alice's session did, so that it would be taken for that.
    sess.server.command(&["SET", FOREIGN, &value, "PX", "3600000"]);
    let mut exchanged = 0;
    let forged = with_records(&sess, &interrupted(&whole), |_, mut plain| {
        exchanged += exchange(&mut plain, ALICE.as_bytes(), FOREIGN.as_bytes());
        plain
    });
    assert!(exchanged >= 2, "planned and prepared: {exchanged}");
    refused(&sess, &run, &path, &forged, "not a session of connect-redis");
    std::fs::write(&path, older_file_of(&records(&forged))).expect("written");
    sess.changes_nothing(["undo", &run, "--yes"])
        .code(5)
        .says("not a session of connect-redis")
        .hides(FOREIGN);
    // Nor is it one by its id, where the value is not a session's.
    let made = with_records(&sess, &interrupted(&whole), |_, mut plain| {
        exchange(&mut plain, b"sess:alice-0", b"conf:admin-0");
        exchange(&mut plain, b"alice-0", b"admin-0");
        exchange(&mut plain, b"{\"cookie\":", b"{\"kookie\":");
        plain
    });
    refused(&sess, &run, &path, &made, "not a session of connect-redis");
    std::fs::write(&path, older_file_of(&records(&made))).expect("written");
    sess.global(&["--layout", "laravel"])
        .changes_nothing(["undo", &run, "--yes"])
        .code(5)
        .says("not a session of connect-redis");
}

#[test]
fn a_key_beside_a_session_is_refused_that_its_layout_does_not_keep() {
    for slug in ["better-auth", "spring-session-indexed", "sa-token", "redis-sessions", "overleaf"] {
        let sess = Sess::new().load(slug).global(&["--layout", &layout_names(slug)[0]]);
        let before = sess.server.contents();
        let sessions = sess.listed("key", &[]);
        let (run, path, whole) = purged(&sess);
        let after = sess.server.contents();
        // A key that is not a session's own and that the run changed.
        let beside = before
            .keys()
            .filter(|key| !sessions.iter().any(|session| session.as_bytes() == &key[..]))
            .find(|key| after.get(*key) != before.get(*key))
            .unwrap_or_else(|| panic!("{slug}: nothing beside its sessions"));
        let mut foreign = beside.clone();
        foreign[0] = if foreign[0] == b'~' { b'!' } else { b'~' };
        for resumed in [false, true] {
            let mut exchanged = 0;
            let forged = with_records(&sess, &interrupted(&whole), |_, mut plain| {
                exchanged += exchange(&mut plain, beside, &foreign);
                plain
            });
            assert!(exchanged > 0, "{slug}: {}", beside.escape_ascii());
            std::fs::write(&path, forged).expect("written");
            let args =
                if resumed { ["purge", "--resume", &run, "--yes"] } else { ["undo", &run, "--yes", "-q"] };
            let ran = sess.changes_nothing(args);
            assert_eq!(ran.code, Some(5), "{slug} {args:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("that does not belong to its session"), "{slug}: {}", ran.stderr);
        }
        std::fs::write(&path, &whole).expect("written");
        sess.args(["undo", &run, "--yes"]).success();
        let back = sess.server.contents();
        assert!(back.keys().eq(before.keys()), "{slug}");
    }
}

#[test]
fn a_run_is_undone_whatever_the_profile_says_by_then() {
    // How the layout was set is in the file.
    let value = r#"{"cookie":{"originalMaxAge":1,"path":"/"},"passport":{"user":"zoe"}}"#;
    let sess = Sess::new().set("s1-abcdefgh", value);
    let before = sess.server.contents();
    let report = sess
        .args(["purge", "--all", "--yes", "--layout", "connect-redis", "--prefix", "s1-", "-o", "json"])
        .success()
        .json();
    assert_eq!(report["done"], 1);
    let run = report["run"].as_str().expect("a run");
    let path = run_file(&sess, run);
    let whole = std::fs::read(&path).expect("a run file");
    for more in [&[][..], &["--layout", "laravel"], &["--prefix", "other:", "--layout", "connect-redis"]] {
        sess.args([&["undo", run, "--yes"], more].concat()).success();
        assert!(sess.server.contents() == before, "{more:?}");
        sess.server.flush();
        std::fs::write(&path, &whole).expect("written");
    }
    // Of an older file it has to be said again.
    let mut plain = records(&whole);
    // The list of the settings, the ticket, the way and the whole run are the last members of the beginning.
    let start = plain[0].clone();
    let at = start.windows(14).position(|part| part == b"\xadconnect-redis").expect("the layout's name") - 2;
    plain[0].truncate(at);
    plain[0][7] -= 4;
    std::fs::write(&path, older_file_of(&plain)).expect("written");
    sess.changes_nothing(["undo", run, "--yes"]).code(5).says("--prefix");
    sess.args(["undo", run, "--yes", "--layout", "connect-redis", "--prefix", "s1-"]).success();
    assert!(sess.server.contents() == before);
}
