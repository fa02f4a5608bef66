//! Several stores asked as one: rows say where they are, a change is one run with a part for each store, and
//! a store that is down keeps the others from nothing.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::support::*;

/// Two servers with sessions of express-session, and the program that is told of both.
struct Two {
    first: Sess,
    second: Server,
}

impl Two {
    fn new() -> Two {
        let first = Sess::new().express(format!("sess:{}", sid(1)), Some("alice"), &json!({})).express(
            format!("sess:{}", sid(2)),
            Some("bob"),
            &json!({}),
        );
        let second = Sess::new().express(format!("sess:{}", sid(3)), Some("alice"), &json!({})).express(
            format!("sess:{}", sid(4)),
            None,
            &json!({}),
        );
        Two { first, second: second.server }
    }

    fn stores(&self) -> [String; 2] {
        [self.first.server.url(), self.second.url()]
    }

    fn args(&self, args: &[&str]) -> Ran {
        let [first, second] = self.stores();
        self.first.args([&["--store", &first, "--store", &second], args].concat())
    }

    fn sizes(&self) -> (usize, usize) {
        (self.first.server.size(), self.second.size())
    }
}

/// A text member of each.
fn texts(rows: &[Json], member: &str) -> Vec<String> {
    let mut texts: Vec<String> =
        rows.iter().map(|row| row[member].as_str().unwrap_or_default().to_string()).collect();
    texts.sort();
    texts
}

#[test]
fn what_reads_tells_them_apart() {
    let two = Two::new();
    let rows = two.args(&["list", "-o", "ndjson"]).success().ndjson();
    assert_eq!(texts(&rows, "id"), [1, 2, 3, 4].map(sid));
    let stores = texts(&rows, "store");
    assert_eq!((stores.len(), &stores[0], &stores[2]), (4, &stores[1], &stores[3]));
    assert_ne!(stores[0], stores[3]);
    assert_eq!(rows[0].as_object().and_then(|row| row.keys().next()).map(String::as_str), Some("store"));
    // One store alone has no such member.
    assert!(two.first.args(["list", "-o", "ndjson"]).success().ndjson()[0].get("store").is_none());
    assert_eq!(two.args(&["list", "--limit", "3", "-o", "ids"]).success().lines().len(), 3);
    two.args(&["count"]).success().stdout("4\n");
    let counted = two.args(&["count", "--by", "store", "-o", "json"]).success().json();
    assert_eq!(counted.as_array().map(Vec::len), Some(2), "{counted}");
    let stats = two.args(&["stats", "-o", "json"]).success().json();
    assert_eq!((&stats["sessions"], &stats["users"], &stats["server"]), (&json!(4), &json!(2), &Json::Null));
    let found = two.args(&["discover", "-o", "json"]).success().json();
    assert_eq!(texts(found.as_array().expect("rows"), "store").len(), 2);
    let findings = two.args(&["doctor", "-o", "json"]).json();
    assert_eq!(findings["checked"], json!(4));
    assert!(findings["findings"].as_array().expect("findings").iter().all(|one| one["store"].is_string()));
    let shown = two.args(&["inspect", &sid(3), "-o", "json"]).success().json();
    assert_eq!((shown.as_array().map(Vec::len), &shown[0]["id"]), (Some(1), &json!(sid(3))));
    assert_eq!(shown[0]["store"], rows[2]["store"]);
    two.args(&["inspect", &sid(9)]).code(1).says("no session has an id or key");
    two.args(&["watch", "--once"]).success().shows("2 sessions");
    two.args(&["watch"]).code(2).says("the screen of watch shows one store").says("--metrics");
    two.first.args(["watch", "--once", "-o", "json"]).success().shows("{");
    let watched = two.args(&["watch", "--once", "-o", "json"]).success().json();
    let watched = watched.as_array().expect("an object of each");
    assert_eq!(texts(watched, "store").len(), 2);
    assert!(watched.iter().all(|one| one["sessions"] == json!(2)), "{watched:?}");
    assert_eq!(two.args(&["watch", "--once", "-o", "ndjson"]).success().ndjson().len(), 2);
    let metrics = two.args(&["watch", "--metrics", "-"]).success().text();
    assert_eq!(metrics.matches("# TYPE sessctl_sessions gauge\n").count(), 1, "{metrics}");
    for store in &stores {
        assert!(metrics.contains(&format!("sessctl_sessions{{store=\"{store}\"}} 2\n")), "{metrics}");
    }
}

#[test]
fn a_store_that_is_down_keeps_the_others_from_being_watched_no_more_than_from_anything_else() {
    let two = Two::new();
    let [first, _] = two.stores();
    let args = ["--store", &first, "--store", "redis://127.0.0.1:1/0", "watch", "--once", "-o", "json"];
    let ran = two.first.args(args).code(3).says("is left out");
    assert_eq!(ran.json().as_array().map(Vec::len), Some(1));
}

/// What `--plan` writes for both, and `apply` with these options.
fn plan_of(two: &Two, name: &str, more: &[&str]) -> String {
    let path = two.first.server.dir.path().join(name).display().to_string();
    two.args(&[&["purge", "--user", "alice", "--plan", &path], more].concat()).success();
    path
}

#[test]
fn a_plan_has_a_part_for_each_store_and_is_done_in_all_of_them() {
    for more in [&[][..], &["--reveal"]] {
        let two = Two::new();
        // The same key in both, which is two sessions.
        two.second.command(&["COPY", &format!("sess:{}", sid(3)), &format!("sess:{}", sid(1))]);
        let path = plan_of(&two, "both.plan", more);
        assert_eq!(two.sizes(), (2, 3));
        let text = std::fs::read_to_string(&path).expect("a plan");
        let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((&lines[0]["sessctl_plan"], &lines[0]["matched"]), (&json!(2), &json!(3)));
        assert_eq!((lines[0]["stores"].as_array().map(Vec::len), lines.len()), (Some(2), 5), "{text}");
        let [first, second] = two.stores();
        for stores in [&[&first][..], &[&second]] {
            let named: Vec<&str> = stores.iter().flat_map(|store| ["--store", store]).collect();
            let ran = two.first.args([&named[..], &["apply", &path, "--yes"]].concat()).code(5);
            ran.says("the plan was made for").says("name those stores");
        }
        let other = Two::new();
        let [third, _] = other.stores();
        let three = ["--store", &first, "--store", &second, "--store", &third, "apply", &path, "--yes"];
        two.first.args(three).code(5).says("the plan was made for");
        two.args(&["apply", &path, "--yes", "--expect", "2"]).code(5).says("3 sessions match");
        two.args(&["apply", &path, "--dry-run"]).success().shows("In all: 3 sessions would be");
        assert_eq!((two.sizes(), other.sizes()), ((2, 3), (2, 2)));
        // What was written since is left alone, in its store only.
        let newer = express(Some("alice"), &json!({ "cart": 1 }));
        two.second.command(&["SET", &format!("sess:{}", sid(1)), &newer, "KEEPTTL"]);
        // In another order they are the same.
        let turned = ["--store", &second, "--store", &first, "apply", &path, "--yes", "-o", "json"];
        let report = two.first.args(turned).success().json();
        let counts = ["matched", "done", "changed"].map(|name| report[name].as_u64());
        assert_eq!(counts, [3, 2, 1].map(Some), "{report}");
        assert_eq!(two.sizes(), (1, 2));
        two.args(&["undo", "--yes"]).success();
        assert_eq!(two.sizes(), (2, 3));
    }
}

#[test]
fn a_plan_for_several_that_was_edited_is_refused_and_one_for_one_is_not_for_several() {
    let two = Two::new();
    let path = plan_of(&two, "both.plan", &[]);
    let text = std::fs::read_to_string(&path).expect("a plan");
    let header: Json = serde_json::from_str(text.lines().next().expect("a header")).expect("JSON");
    let [first, second] = [0, 1].map(|at| header["stores"][at].as_str().expect("a store").to_string());
    for altered in [
        text.replace(&format!("\"store\":\"{first}\""), &format!("\"store\":\"{second}\"")),
        text.replace("\"matched\":2", "\"matched\":3"),
    ] {
        assert_ne!(altered, text);
        std::fs::write(&path, altered).expect("written");
        two.args(&["apply", &path, "--yes"]).code(5).says("was edited");
    }
    let nowhere = text.replace(&format!("\"store\":\"{first}\""), "\"store\":\"nowhere\"");
    std::fs::write(&path, nowhere).expect("written");
    two.args(&["apply", &path, "--yes", "--allow-edited"]).code(1).says("is not a step");
    assert_eq!(two.sizes(), (2, 2));
    let one = two.first.server.dir.path().join("one.plan").display().to_string();
    two.first.args(["purge", "--user", "alice", "--plan", &one]).success();
    let ran = two.args(&["apply", &one, "--yes"]).code(5);
    ran.says("the plan was made for").says("name that store");
    two.first.args(["apply", &one, "--yes"]).success();
    assert_eq!(two.sizes(), (1, 2));
}

#[test]
fn a_change_is_one_run_with_a_part_for_each() {
    let two = Two::new();
    two.args(&["purge", "--user", "alice", "--dry-run"]).success().shows("In all: 2 sessions would be");
    // Whoever is in one store only is not missed in the other.
    two.args(&["purge", "--user", "bob", "--dry-run"]).success().hides("no sessions of");
    two.args(&["purge", "--user", "bobo", "--dry-run"])
        .success()
        .says("no sessions of `bobo`; did you mean `bob`?");
    let report = two.args(&["purge", "--user", "alice", "--yes", "-o", "json"]).success().json();
    assert_eq!((&report["matched"], &report["done"]), (&json!(2), &json!(2)));
    let parts = report["stores"].as_array().expect("a report of each store");
    let run = report["run"].as_str().expect("its name");
    assert_eq!(texts(parts, "run"), [format!("{run}-1"), format!("{run}-2")]);
    assert_eq!(texts(report["sessions"].as_array().expect("sessions"), "id"), [sid(1), sid(3)]);
    assert_eq!(two.sizes(), (1, 1));
    // Shown, undone and found undone as one; a part alone in its store.
    assert_eq!(two.first.args(["runs", "show", run, "-o", "ids"]).success().lines().len(), 2);
    two.first.args(["undo", run, "--yes"]).code(5).says("the run was made on");
    let first = format!("{run}-1");
    two.first.args(["undo", &first, "--yes"]).success();
    assert_eq!(two.sizes(), (2, 1));
    two.args(&["undo", run, "--yes"]).success().says("was already undone");
    assert_eq!(two.sizes(), (2, 2));
    two.args(&["purge", "--all", "--yes"]).success();
    assert_eq!(two.sizes(), (0, 0));
    two.args(&["undo", "--yes", "--expect", "3"]).code(5);
    two.args(&["undo", "--yes", "--expect", "4"]).success().shows("In all: Put back 4 sessions");
    assert_eq!(two.sizes(), (2, 2));
    two.args(&["expire", "--all", "--in", "2h", "--yes"]).success().shows("In all: Changed 4 sessions");
    two.args(&["undo", "--yes"]).success();
    two.first.args(["runs", "verify-audit"]).success();
}

#[test]
fn limits_hold_for_all_together() {
    let two = Two::new();
    two.args(&["purge", "--all", "--yes", "--max", "3"]).code(5).says("more than 3 sessions match");
    two.args(&["purge", "--all", "--yes", "--expect", "3"]).code(5).says("4 sessions match");
    assert_eq!(two.sizes(), (2, 2));
    two.args(&["purge", "--all", "--yes", "--max", "4", "--expect", "4"]).success();
    assert_eq!(two.sizes(), (0, 0));
}

#[test]
fn a_name_means_one_session_or_its_twins() {
    let two = Two::new();
    // The same id in both is the same session; the same beginning of two ids is not.
    two.second.command(&["COPY", &format!("sess:{}", sid(4)), &format!("sess:{}", sid(1))]);
    let common: String =
        sid(2).chars().zip(sid(3).chars()).map_while(|(a, b)| (a == b).then_some(a)).collect();
    if common.len() >= 4 {
        two.args(&["purge", &common, "--yes"]).code(1).says("beginning of several sessions");
    }
    let first = Sess::new().set("sess:abcdefgh1111111111111111", express(Some("alice"), &json!({})));
    let second = Sess::new().set("sess:abcdefgh2222222222222222", express(Some("bob"), &json!({})));
    let (a, b) = (first.server.url(), second.server.url());
    let both = ["--store", &a[..], "--store", &b[..], "purge", "abcdefgh", "--yes"];
    first.args(both).code(1).says("each in another store").hides("abcdefgh1111111111111111");
    assert_eq!((first.server.size(), second.server.size()), (1, 1));
    two.args(&["purge", &sid(1), "--yes"]).success().shows("In all: Ended 2 sessions");
    assert_eq!(two.sizes(), (1, 2));
    two.args(&["purge", &sid(1), "--yes"]).code(1).says("no session has an id or key");
}

#[test]
fn one_that_is_down_is_told_and_left_out() {
    let two = Two::new();
    let [first, _] = two.stores();
    let absent = two.first.server.dir.path().join("none.sock");
    let absent = format!("unix://{}", absent.display());
    let at = |args: &[&str]| two.first.args([&["--store", &first, "--store", &absent], args].concat());
    at(&["count"]).code(3).stdout("2\n").says("is left out");
    at(&["list", "-o", "ids"]).code(3).says("is left out");
    at(&["discover"]).code(3);
    at(&["stats", "-o", "json"]).code(3);
    let shown = at(&["purge", "--user", "bob", "--dry-run", "-o", "json"]).code(3).json();
    assert_eq!((&shown["matched"], &shown["complete"]), (&json!(1), &json!(false)));
    assert_eq!(shown["stores"].as_array().map(Vec::len), Some(2));
    let report = at(&["purge", "--user", "bob", "--yes", "-o", "json"]).code(3).json();
    assert_eq!((&report["done"], &report["complete"]), (&json!(1), &json!(false)));
    assert_eq!(two.first.server.size(), 1);
    let neither = ["--store", &absent[..], "--store", "unix:///nowhere.sock", "count"];
    two.first.args(neither).code(1).says("none of the stores can be read");
    two.first.args(["--store", &first, "--store", &first, "count"]).code(2).says("the same store twice");
}

#[test]
fn a_change_that_is_stopped_in_the_second_store_is_resumed_there() {
    let two = Two::new();
    // Nobody may delete in the second.
    two.second.command(&["ACL", "SETUSER", "half", "on", ">pw", "~*", "+@all", "-unlink"]);
    let [first, _] = two.stores();
    let half = two.second.url_of("half", "pw");
    let at = |args: &[&str]| two.first.args([&["--store", &first, "--store", &half], args].concat());
    let ran = at(&["purge", "--all", "--yes", "-o", "json"]).code(3);
    let report = ran.json();
    assert_eq!((&report["done"], &report["complete"]), (&json!(2), &json!(false)), "{report}");
    assert_eq!(two.sizes(), (0, 2));
    // There is nothing left of it: in the second store it was refused before it began.
    let run = report["run"].as_str().expect("its name");
    two.args(&["purge", "--resume", run, "--yes"]).success();
    let elsewhere = Sess::new();
    let (third, fourth) = (elsewhere.server.url(), two.second.url());
    let other = ["--store", &third[..], "--store", &fourth, "purge", "--resume", run, "--yes"];
    two.first.args(other).code(5).says("was made on");
    assert_eq!(two.sizes(), (0, 2));
    two.args(&["purge", "--all", "--yes"]).success();
    assert_eq!(two.sizes(), (0, 0));
}

#[test]
fn a_run_that_was_interrupted_goes_on_in_all_of_its_stores() {
    let first = Sess::new().many(2_000);
    let second = Sess::new().many(2_000);
    let (a, b) = (first.server.url(), second.server.url());
    let both = ["--store", &a[..], "--store", &b];
    let purge = ["purge", "--all", "--yes", "-o", "json"];
    let slow = [&both[..], &purge, &["--rate", "1000/s"]].concat();
    let running = first.start(slow);
    eventually("it ends sessions in the second store", || second.server.size() < 1_900);
    running.interrupt();
    let ran = running.end().code(130);
    let report = ran.json();
    let run = report["run"].as_str().expect("its name");
    let left = second.server.size();
    assert!(left > 0 && first.server.size() == 0, "{left}");
    let resumed = first.args([&both[..], &purge[..1], &["--resume", run, "--yes", "-o", "json"]].concat());
    assert_eq!(resumed.success().json()["done"], json!(left));
    assert_eq!((first.server.size(), second.server.size()), (0, 0));
    first.args([&both[..], &["undo", run, "--yes"]].concat()).success();
    assert_eq!((first.server.size(), second.server.size()), (2_000, 2_000 - left));
}

/// A Django application whose sessions are in its database, with a copy in the cache.
#[test]
fn a_session_in_cache_and_database_ends_in_both() {
    let sess = Sess::new().load("django-cached-db");
    let cached = sess.rows(&[]);
    let of = cached.iter().find(|row| row["user"].is_string()).expect("a login");
    let (id, user) = (of["id"].as_str().expect("its id"), of["user"].as_str().expect("its user"));
    let path: PathBuf = sess.server.dir.path().join("app.db");
    let database = rusqlite::Connection::open(&path).expect("a database");
    let sql = std::fs::read_to_string(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/table/django-db.sql"),
    );
    database.execute_batch("PRAGMA foreign_keys = OFF").expect("a setting");
    database.execute_batch(&sql.expect("the table")).expect("SQL");
    let row = "UPDATE django_session SET session_key = ?1, expire_date = '2099-01-01 00:00:00' WHERE session_key = \
               (SELECT session_key FROM django_session LIMIT 1)";
    assert_eq!(database.execute(row, [id]).expect("a row"), 1);
    let count = || -> i64 {
        let count = "SELECT count(*) FROM django_session WHERE session_key = ?1";
        database.query_row(count, [id], |row| row.get(0)).expect("a number")
    };
    let config = sess.write(
        "config.toml",
        format!(
            "[profiles.cache]\nstore = '{}'\n[profiles.database]\nstore = 'sqlite:{}'\n\
             [profiles.app]\nstores = ['cache', 'database']\n",
            sess.server.url(),
            path.display()
        ),
    );
    private(&config);
    let config = config.to_str().expect("a path");
    let app = |args: &[&str]| sess.args([&["--config", config, "--profile", "app"], args].concat());
    let keys = sess.server.size();
    let ran = app(&["purge", id, "--yes"]).success();
    ran.shows("In all: Ended 2 sessions");
    assert_eq!((sess.server.size(), count()), (keys - 1, 0));
    app(&["undo", "--yes"]).success();
    assert_eq!((sess.server.size(), count()), (keys, 1));
    app(&["list", "--user", user]).success();
    app(&["config", "check"]).success().shows("sqlite:");
    // A layout of one of them leaves the other out.
    app(&["--layout", "django-db", "count"]).success().says("is left out");
}

#[test]
fn a_profile_lists_addresses_and_profiles() {
    let two = Two::new();
    let [first, second] = two.stores();
    let write = |text: String| {
        let config = two.first.write("config.toml", text);
        private(&config);
        config.to_str().expect("a path").to_string()
    };
    let config = write(format!(
        "[profiles.all]\nstores = ['{first}', '{second}']\nmax = 3\n[profiles.one]\nstore = '{first}'\n\
         protected_users = ['alice']\n[profiles.mixed]\nstores = ['one', '{second}']\n"
    ));
    let at = |config: &str, profile: &str, args: &[&str]| {
        two.first.args([&["--config", config, "--profile", profile], args].concat())
    };
    at(&config, "all", &["count"]).success().stdout("4\n");
    at(&config, "all", &["purge", "--all", "--yes"]).code(5).says("more than 3");
    // What one of them protects is protected.
    at(&config, "mixed", &["purge", "--user", "alice", "--yes"]).code(5);
    assert_eq!(two.sizes(), (2, 2));
    for (text, says) in [
        ("[profiles.a]\nstores = ['b']\n", "names the profile `b`, which does not exist"),
        ("[profiles.a]\nstores = []\n", "must be a list"),
        ("[profiles.a]\nstore = 'x:1'\nstores = ['unix:///a']\n", "`store` or `stores`"),
        ("[profiles.a]\nstores = ['unix:///a', 'unix:///a']\n", "twice"),
        ("[profiles.a]\nstores = ['b']\n[profiles.b]\nstores = ['unix:///a']\n", "several stores itself"),
    ] {
        at(&write(text.to_string()), "a", &["count"]).code(2).says(says);
    }
}
