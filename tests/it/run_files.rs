//! Run files: cut short, damaged in any byte, written elsewhere or by another version, kept and
//! removed. Nothing is changed by one that is not whole, and what is wrong is said.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::support::run_file::{record_ends, run_file, with_records};
use crate::support::*;

/// Ends everything of a shop; the run's name and file.
#[track_caller]
fn purged(sess: &Sess) -> (String, PathBuf) {
    let report = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json();
    let run = report["run"].as_str().expect("a run").to_string();
    let path = run_file(sess, &run);
    assert!(path.exists());
    (run, path)
}

/// A run of one session, whose file is small enough to be tried byte by byte.
#[track_caller]
fn small() -> (Sess, Snapshot, String, PathBuf) {
    let sess = Sess::new()
        .express("sess:alice-0000000000000000000000000001", Some("alice"), &json!({}))
        .set("other", "1")
        .global(&["--layout", "connect-redis"]);
    let before = sess.server.snapshot();
    let (run, path) = purged(&sess);
    (sess, before, run, path)
}

/// Where the record with the session's value ends: the longest.
fn backed_up(file: &[u8]) -> usize {
    let ends = record_ends(file);
    ends.windows(2).max_by_key(|pair| pair[1] - pair[0]).expect("records")[1]
}

#[test]
fn a_run_file_that_is_cut_anywhere_gives_back_what_is_whole() {
    let (sess, before, run, path) = small();
    let whole = std::fs::read(&path).expect("a run file");
    let (ends, backed_up) = (record_ends(&whole), backed_up(&whole));
    for cut in 0..=whole.len() {
        std::fs::write(&path, &whole[..cut]).expect("written");
        let ran = sess.args(["undo", &run, "--yes", "-o", "json"]);
        if cut < ends[1] {
            // Not even its beginning is there.
            ran.code(1).says(&run);
            assert_eq!(sess.server.size(), 1, "{cut}");
            continue;
        }
        let torn = !ends.contains(&cut);
        let ran = ran.success();
        assert_eq!(ran.stderr.contains("in the middle of a record"), torn, "{cut}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains("cut short"), cut < whole.len(), "{cut}: {}", ran.stderr);
        if cut < backed_up {
            assert_eq!(sess.server.size(), 1, "{cut}");
            continue;
        }
        assert!(sess.server.snapshot() == before, "{cut}");
        // It stays a file that can be read, and says that it was undone.
        let runs = sess.args(["runs", "-o", "json"]).success().silent().json();
        assert_eq!(runs[0]["state"], "undone", "{cut}");
        sess.server.command(&["DEL", "sess:alice-0000000000000000000000000001"]);
    }
}

#[test]
fn a_run_file_that_is_damaged_in_any_byte_changes_nothing() {
    let (sess, before, run, path) = small();
    let whole = std::fs::read(&path).expect("a run file");
    let backed_up = backed_up(&whole);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bytes).expect("written");
        let ran = sess.changes_nothing(["undo", &run, "--yes"]);
        let code = ran.code.expect("a code");
        let told = match code {
            1 => ran.stderr.contains("damaged") || ran.stderr.contains("is not a run file"),
            // A link is all that is wrong.
            5 => ran.stderr.contains("was edited"),
            _ => false,
        };
        assert!(told, "{at}: {code}: {}", ran.stderr);
        if at % 29 == 0 {
            sess.args(["runs"]).code(3).says(path.to_str().expect("a path"));
            sess.args(["runs", "show", &run]).code(code);
            sess.changes_nothing(["purge", "--resume", &run, "--yes"]).code(code);
        }
        // What comes before the damage can still be had, and nothing else comes of it.
        let ran = sess.args(["undo", &run, "--yes", "--salvage"]);
        if at < backed_up {
            assert_eq!(sess.server.size(), 1, "{at}: {}", ran.stderr);
        } else {
            ran.success();
            assert!(sess.server.snapshot() == before, "{at}");
            sess.server.command(&["DEL", "sess:alice-0000000000000000000000000001"]);
        }
    }
}

/// The file with its beginning saying another version of its records.
fn of_version(sess: &Sess, whole: &[u8], version: u8) -> Vec<u8> {
    with_records(sess, whole, |number, mut plain| {
        if number == 0 {
            // A map of one, the word `Start`, a list, and in it first the version.
            assert_eq!((&plain[2..7], plain[8]), (&b"Start"[..], 2));
            plain[8] = version;
        }
        plain
    })
}

#[test]
fn a_run_of_a_newer_version_is_not_guessed_at() {
    let sess = express_shop();
    let (run, path) = purged(&sess);
    let whole = std::fs::read(&path).expect("a run file");
    std::fs::write(&path, of_version(&sess, &whole, 3)).expect("written");
    sess.changes_nothing(["undo", &run, "--yes"]).code(1).says("newer version of sessctl");
    sess.changes_nothing(["undo", &run, "--yes", "--salvage"]).code(1).says("newer version of sessctl");
    sess.args(["runs"]).code(3).says("newer version of sessctl");
    std::fs::write(&path, of_version(&sess, &whole, 1)).expect("written");
    sess.args(["undo", &run, "--yes"]).success();
    assert_eq!(sess.server.size(), 4);
}

/// CRC-64 with Jones' polynomial, by which a DUMP ends (Redis 7.0, `src/crc64.c`).
fn crc64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte), |crc, _| (crc >> 1) ^ ((crc & 1) * 0x95ac_9329_ac4b_c9b5))
    })
}

/// What a server of a later version would have given: a higher number before the checksum, and that
/// right (Redis 7.0, `createDumpPayload` in `src/cluster.c`).
fn of_later_server(dump: &[u8]) -> Vec<u8> {
    let (body, checksum) = dump.split_at(dump.len() - 8);
    assert_eq!(crc64(body).to_le_bytes(), checksum);
    let mut later = [&body[..body.len() - 2], &[0, 1]].concat();
    later.extend(crc64(&later).to_le_bytes());
    later
}

/// Everything with its end, and no word on how the server keeps it.
fn kept(server: &Server) -> BTreeMap<Vec<u8>, (Content, i64)> {
    let ends = server.snapshot();
    server.contents().into_iter().map(|(key, content)| (key.clone(), (content, ends[&key].1))).collect()
}

/// Makes what a run's file holds of these keys the work of a later server; how many times.
#[track_caller]
fn forge(sess: &Sess, run: &str, dumps: &Snapshot) -> usize {
    let path = run_file(sess, run);
    let whole = std::fs::read(&path).expect("a run file");
    let mut forged = 0;
    let later = with_records(sess, &whole, |_, mut plain| {
        for (dump, _) in dumps.values() {
            let places: Vec<usize> = (0..plain.len()).filter(|at| plain[*at..].starts_with(dump)).collect();
            for at in places {
                plain[at..at + dump.len()].copy_from_slice(&of_later_server(dump));
                forged += 1;
            }
        }
        plain
    });
    std::fs::write(&path, later).expect("written");
    forged
}

#[test]
fn what_another_server_version_wrote_down_comes_back_by_its_values() {
    let sess = Sess::new();
    let mut forged = 0;
    for slug in fixtures() {
        sess.server.flush();
        sess.restore(&slug);
        sess.release_locks();
        // Indexes and companions end, too, some time.
        for key in sess.server.contents().into_keys() {
            sess.server.command(&[b"PEXPIRE", &key[..], b"86400000", b"NX"]);
        }
        let (before, dumps) = (kept(&sess.server), sess.server.snapshot());
        let mut options = expected(&slug)["config"].clone();
        if let Some(options) = options.as_object_mut() {
            options.remove("other_prefixes");
        }
        let config = sess.write("config.toml", sess.profile_text(&layout_names(&slug)[0], &options));
        private(&config);
        let named = ["--config", config.to_str().expect("a path"), "--profile", "p"];
        let ran = sess.args([&named[..], &["purge", "--all", "--yes", "-o", "json"]].concat());
        if ran.code == Some(5) {
            assert_eq!(expected(&slug)["ends"], false, "{slug}: {}", ran.stderr);
            continue;
        }
        let report = ran.json();
        assert!(report["done"].as_u64() > Some(0), "{slug}: {report}");
        let run = report["run"].as_str().expect("a run");
        forged += forge(&sess, run, &dumps);
        let undo = ["undo", run, "--yes", "-o", "json"];
        if slug == "mod-auth-openidc-sealed" {
            sess.changes_nothing(undo).code(5).says("name the profile that has it");
        }
        let back = sess.args([&named[..], &undo].concat()).success().json();
        assert_eq!(back["done"], report["done"], "{slug}: {back}");
        let now = kept(&sess.server);
        for (key, was) in &before {
            assert_eq!(now.get(key), Some(was), "{slug}: {}", key.escape_ascii());
        }
        assert_eq!(now.len(), before.len(), "{slug}");
    }
    assert!(forged > 20, "{forged}");
    // The server indeed refuses what was made.
    sess.server.command(&["SADD", "set", "member"]);
    let later = of_later_server(&sess.server.snapshot()[&b"set"[..]].0);
    let refused: redis::RedisResult<()> =
        redis::cmd("RESTORE").arg("another").arg(0).arg(later).query(&mut sess.server.connect());
    assert!(refused.expect_err("refused").to_string().contains("version or checksum"));
}

#[test]
fn companions_of_every_type_come_back_by_their_values() {
    let text = r#"
[layouts.app]
key = "app:{id}"
codec = "json"
user = "user"
[[layouts.app.companions]]
kind = "key"
key = "{key}:set"
[[layouts.app.companions]]
kind = "key"
key = "{key}:sorted"
[[layouts.app.companions]]
kind = "key"
key = "{key}:list"
[[layouts.app.companions]]
kind = "key"
key = "{key}:hash"
"#;
    let sess = Sess::new().set("app:1", r#"{"user":"zoe"}"#);
    let config = sess.write("config.toml", text);
    let sess = sess.global(&["--config", config.to_str().expect("a path"), "--layout", "app"]);
    sess.server.lua(
        "for n = 1, 3000 do
           redis.call('SADD', 'app:1:set', 'member' .. n)
           redis.call('ZADD', 'app:1:sorted', n / 8, 'member' .. n)
           redis.call('RPUSH', 'app:1:list', 'item' .. n)
           redis.call('HSET', 'app:1:hash', 'field' .. n, n % 2 == 0 and 'value' .. n or '')
         end
         redis.call('ZADD', 'app:1:sorted', '-inf', 'first', '0.1', 'tenth')
         redis.call('EXPIRE', 'app:1:list', 900)",
        &[],
    );
    let (before, dumps) = (kept(&sess.server), sess.server.snapshot());
    let report = sess.args(["purge", "--user", "zoe", "--yes", "-o", "json"]).success().json();
    assert_eq!((&report["keys_removed"], sess.server.size()), (&json!(5), 0));
    assert!(forge(&sess, report["run"].as_str().expect("a run"), &dumps) >= 4);
    sess.args(["undo", "--yes"]).success();
    assert!(kept(&sess.server) == before);
    // What is newer stays.
    let dumps = sess.server.snapshot();
    let report = sess.args(["purge", "--user", "zoe", "--yes", "-o", "json"]).success().json();
    assert!(forge(&sess, report["run"].as_str().expect("a run"), &dumps) >= 4);
    sess.server.command(&["SADD", "app:1:set", "newer"]);
    sess.args(["undo", "--yes"]).success();
    let now = kept(&sess.server);
    assert_eq!(now[&b"app:1:set"[..]].0, Content::Members(vec![b"newer".to_vec()]));
    assert_eq!(now[&b"app:1:list"[..]], before[&b"app:1:list"[..]]);
}

#[test]
fn a_run_is_shown_in_every_form() {
    let sess = express_shop();
    sess.args(["runs", "show", "2"]).code(1).says("no run `2`");
    let (run, path) = purged(&sess);
    let ids = ["alice-0000000000000000000000000001", "alice-0000000000000000000000000002"];
    let show = |more: &[&str]| sess.args([&["runs", "show", &run], more].concat()).success().silent();
    let table = show(&[]).clean();
    assert_eq!(table.lines().len(), 7, "{}", table.text());
    assert!(table.lines()[3].starts_with("ID ") && table.lines()[3].ends_with("USER"));
    // Of two that begin alike at most half is shown, as in a list.
    table.shows("connect-redis").shows("alice-00000000000…#1").shows("bob-0000").hides(ids[0]);
    for id in ids {
        show(&["--reveal"]).shows(id);
        show(&["-o", "json", "--mask"]).hides(id);
        show(&["-o", "ids", "--mask"]).hides(id);
        show(&["-o", "csv", "--mask"]).hides(id);
        show(&["-o", "csv"]).shows(&format!("\n{id},connect-redis,alice\n"));
    }
    let json = show(&["-o", "json"]).json();
    assert_eq!(json, Json::from(show(&["-o", "ndjson"]).ndjson()));
    let rows = json.as_array().expect("an array");
    assert_eq!(rows.len(), 3);
    let row = json!({ "id": ids[1], "layout": "connect-redis", "user": "alice", "authenticated": true });
    assert!(rows.contains(&row), "{json}");
    let mut lines = show(&["-o", "ids"]).lines();
    lines.sort();
    assert_eq!(lines[..2], ids);
    assert_eq!(show(&["-o", "ids", "-0"]).text().matches('\0').count(), 3);
    // Of what it came to, only what it did: that nothing was done is not a session.
    let whole = std::fs::read(&path).expect("a run file");
    std::fs::write(&path, &whole[..record_ends(&whole)[1]]).expect("written");
    assert_eq!(show(&["-o", "json"]).json(), json!([]));
    // A name that is several runs' is none's.
    std::fs::write(path.with_file_name(format!("{run}x.run")), &whole).expect("written");
    sess.args(["runs", "show", &run[..4]]).code(1).says("2 runs begin with");
}

#[test]
fn what_changed_meanwhile_is_not_among_what_a_run_did() {
    let sess = express_shop();
    let mut terminal = sess.terminal(&["purge", "--all"]);
    terminal.shows("End them?");
    let newer = express(Some("bob"), &json!({ "cart": 1 }));
    sess.server.command(&["SET", "sess:bob-000000000000000000000000000003", &newer, "KEEPTTL"]);
    terminal.types("y\n");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(0), "{text}");
    let run = sess.args(["runs", "-o", "ids"]).success().lines().remove(0);
    let rows = sess.args(["runs", "show", &run, "-o", "ndjson"]).success().ndjson();
    let users: Vec<&Json> = rows.iter().map(|row| &row["user"]).collect();
    assert_eq!(users, ["alice", "alice"]);
}

#[test]
fn old_runs_go_by_themselves_and_when_asked() {
    let sess = Sess::new().many(30);
    let age = |run: &str, hours: u64| {
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3600);
        let file = std::fs::File::options().append(true).open(run_file(&sess, run));
        file.and_then(|file| file.set_modified(then)).expect("made older");
    };
    let end = |n: usize, more: &[&str]| {
        let id = sid(n);
        let ran = sess.args([&["purge", &id, "--yes", "-o", "json"][..], more].concat()).success();
        ran.json()["run"].as_str().expect("a run").to_string()
    };
    let kept = || {
        let mut runs = sess.args(["runs", "-o", "ids"]).success().lines();
        runs.sort();
        runs
    };
    let (day, week) = (end(1, &[]), end(2, &[]));
    age(&day, 25);
    age(&week, 8 * 24);
    // The next run takes away what is older than seven days, or than what it is told.
    let third = end(3, &[]);
    let mut left = vec![day.clone(), third.clone()];
    left.sort();
    assert_eq!(kept(), left);
    let fourth = end(4, &["--keep", "1d"]);
    let mut left = vec![third.clone(), fourth.clone()];
    left.sort();
    assert_eq!(kept(), left);
    sess.changes_nothing(["undo", &day, "--yes"]).code(1).says("no run");
    // A dry run leaves them alone.
    age(&third, 30 * 24);
    sess.changes_nothing(["purge", "--all", "--dry-run"]).success();
    sess.args(["runs", "prune", "--keep", "31d"]).success().says("0 undo files removed");
    assert_eq!(kept(), left);
    sess.args(["runs", "prune", "--keep", "soon"]).code(2);
    sess.args(["runs", "prune", "--keep", "29d"]).success().says("1 undo file removed");
    assert_eq!(kept(), [fourth]);
}

#[test]
fn runs_are_found_by_name_and_for_their_store() {
    let sess = express_shop();
    let (run, path) = purged(&sess);
    sess.changes_nothing(["undo", "20010101", "--yes"]).code(1).says("no run `20010101`");
    sess.changes_nothing(["undo", "../../etc/passwd", "--yes"]).code(1);
    sess.args(["runs", "show", "nothing"]).code(1).says("no run `nothing`");
    let shown = sess.args(["runs", "show", &run, "-o", "ndjson"]).success().silent().ndjson();
    let mut users: Vec<&str> = shown.iter().filter_map(|row| row["user"].as_str()).collect();
    users.sort_unstable();
    assert_eq!(users, ["alice", "alice", "bob"]);
    assert_eq!(sess.args(["runs", "-o", "ids"]).success().lines(), [run.as_str()]);

    // Another store's own runs do not matter here, and this one's not there.
    let other = express_shop().env("XDG_STATE_HOME", sess.server.dir.path().to_str().expect("a path"));
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
