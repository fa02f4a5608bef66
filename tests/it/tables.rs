//! Sessions in tables: captured stores of frameworks in SQLite, from the listing to the undo, and whatever may
//! be wrong with a database.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::Value as Json;
use sessctl::layout::Setup;
use sessctl::scan;
use sessctl::store::sql::SqlPlace;
use sessctl::store::{
    Applied, Backup, Fit, Keeper, Key, Need, Open as _, Outcome, Own, Raw, Step, Store, fingerprint,
};

use crate::support::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/table");

/// A database of its own, and the program beside it.
struct Database {
    folder: tempfile::TempDir,
}

impl Database {
    fn new(sql: &str) -> Database {
        let database = Database { folder: tempfile::tempdir().expect("a folder") };
        database.run(sql);
        database
    }

    fn captured(slug: &str) -> (Database, Json) {
        let read = |ending: &str| {
            std::fs::read_to_string(Path::new(FOLDER).join(format!("{slug}.{ending}"))).expect("a fixture")
        };
        (Database::new(&read("sql")), serde_json::from_str(&read("json")).expect("JSON"))
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    fn connect(&self) -> Connection {
        Connection::open(self.path()).expect("a database")
    }

    fn run(&self, sql: &str) {
        let connection = self.connect();
        // The tables that these refer to are not captured.
        connection.execute_batch("PRAGMA foreign_keys = OFF").expect("a setting");
        connection.execute_batch(sql).expect("SQL");
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    fn args(&self, args: &[&str]) -> Ran {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sessctl"));
        for name in ["SESSCTL_STORE", "SESSCTL_CONFIG", "SESSCTL_PROFILE", "NO_COLOR", "COLUMNS", "LINES"] {
            command.env_remove(name);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, self.folder.path());
        }
        Ran::of(command.args(["--store", &self.store()]).args(args).stdin(std::process::Stdio::null()))
    }

    /// By the layout's name and the application's options.
    fn named(&self, expected: &Json, args: &[&str]) -> Ran {
        let mut options = String::new();
        for (name, value) in expected["options"].as_object().expect("options") {
            let value = match value {
                Json::Object(table) => {
                    let each: Vec<String> =
                        table.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                    format!("{{ {} }}", each.join(", "))
                }
                value => value.to_string(),
            };
            options.push_str(&format!("{name} = {value}\n"));
        }
        let text = format!("[profiles.p]\nlayout = {}\n[profiles.p.options]\n{options}", expected["layout"]);
        let config = self.folder.path().join("config.toml");
        std::fs::write(&config, text).expect("written");
        private(&config);
        self.args(&[&["--config", config.to_str().expect("a path"), "--profile", "p"], args].concat())
    }

    /// All that is in it: every row of every table, with the types of its values.
    fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let connection = self.connect();
        let mut tables =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("a statement");
        let names = tables.query_map([], |row| row.get::<_, String>(0)).expect("names");
        let mut contents = BTreeMap::new();
        for name in names.map(|name| name.expect("a name")) {
            let mut statement =
                connection.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a statement");
            let count = statement.column_count();
            let mut rows = statement.query([]).expect("rows");
            let mut shown = Vec::new();
            while let Some(row) = rows.next().expect("a row") {
                let cells: Vec<String> =
                    (0..count).map(|at| format!("{:?}", row.get_ref(at).expect("a cell"))).collect();
                shown.push(cells.join("|"));
            }
            shown.sort();
            contents.insert(name, shown);
        }
        contents
    }

    /// Opened as the program does it, for the layouts that are asked of a database.
    fn open(&self) -> Box<dyn Store> {
        let mut place = SqlPlace::parse(&self.store()).expect("an address").expect("a place");
        let catalog = sessctl::frameworks::Catalog::new(Vec::new());
        let setups: Vec<Setup> =
            catalog.choose(&[], &BTreeMap::default(), None, place.medium()).expect("layouts");
        place.look_for(scan::wanted(&setups));
        place.store().expect("a store")
    }
}

fn slugs() -> Vec<String> {
    let names =
        std::fs::read_dir(FOLDER).expect("fixtures").map(|entry| entry.expect("an entry").file_name());
    let mut slugs: Vec<String> =
        names.filter_map(|name| Some(name.to_str()?.strip_suffix(".json")?.to_string())).collect();
    slugs.sort();
    slugs
}

fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json[name].as_str().unwrap_or_default()
}

/// Rows by the ends of their keys.
fn by_key(rows: &Json, sessions: &[Json]) -> BTreeMap<String, Json> {
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), sessions.len(), "{rows:?}");
    let own = |row: &Json| {
        let session = sessions.iter().find(|session| text(row, "key").ends_with(text(session, "key")));
        text(session.unwrap_or_else(|| panic!("{row}")), "key").to_string()
    };
    rows.iter().map(|row| (own(row), row.clone())).collect()
}

fn seconds(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect(text).as_second()
}

#[test]
fn captured_tables_are_listed_as_their_frameworks_wrote_them() {
    for slug in slugs() {
        let (database, expected) = Database::captured(&slug);
        let sessions = expected["sessions"].as_array().expect("sessions");
        let before = database.contents();
        // By themselves, and by the layout's name.
        let found = database.args(&["list", "-o", "json"]).success().json();
        let found = found.as_array().expect("rows");
        assert!(!found.is_empty(), "{slug}");
        for row in found {
            assert_eq!(row["layout"], expected["layout"], "{slug}");
        }
        let rows = by_key(&database.named(&expected, &["list", "-o", "json"]).success().json(), sessions);
        for session in sessions {
            let row = &rows[text(session, "key")];
            for member in ["id", "user"] {
                assert_eq!(row[member], session[member], "{slug} {}", text(session, "key"));
            }
            let (end, expected_end) = (text(row, "expires_at"), text(session, "expires_at"));
            assert_eq!(end.is_empty(), expected_end.is_empty(), "{slug}");
            if !end.is_empty() {
                assert!((seconds(end) - seconds(expected_end)).abs() <= 1, "{slug}: {end} {expected_end}");
            }
            if let Some(cookie) = session["cookie"].as_str().filter(|cookie| !cookie.is_empty()) {
                let cookie = format!("--cookie={cookie}");
                let shown = database.named(&expected, &["inspect", "-o", "json", &cookie]).success().json();
                assert_eq!(shown["key"], row["key"], "{slug}");
            }
        }
        assert_eq!(database.contents(), before, "{slug}: reading changed something");
    }
}

#[test]
fn sessions_of_captured_tables_end_alone_and_come_back_byte_for_byte() {
    for slug in slugs() {
        let (database, expected) = Database::captured(&slug);
        let before = database.contents();
        let sessions = expected["sessions"].as_array().expect("sessions");
        let user = sessions.iter().find_map(|session| session["user"].as_str()).expect("a user");
        let own = sessions.iter().filter(|session| session["user"] == user).count();
        let purge = ["purge", "--yes", "-o", "json", "--user", user];
        let report = database.named(&expected, &purge).success().json();
        assert_eq!((&report["done"], &report["changed"]), (&Json::from(own), &Json::from(0)), "{slug}");
        let left = database.named(&expected, &["list", "-o", "json"]).success().json();
        let left = left.as_array().expect("rows");
        assert_eq!(left.len(), sessions.len() - own, "{slug}");
        assert!(left.iter().all(|row| row["user"] != user), "{slug}");
        let run = text(&report, "run");
        let undone = database.named(&expected, &["undo", "--yes", "-o", "json", run]).success().json();
        assert_eq!(undone["done"], own, "{slug}");
        assert_eq!(database.contents(), before, "{slug}");
    }
}

#[test]
fn an_end_moves_where_the_framework_has_one_and_comes_back() {
    for slug in slugs() {
        let (database, expected) = Database::captured(&slug);
        let before = database.contents();
        let sessions = expected["sessions"].as_array().expect("sessions");
        let id = text(&sessions[0], "id");
        let expire = ["expire", "--at", "2031-05-17T08:30:00Z", "--yes", "-o", "json", "--", id];
        if text(&expected, "layout") == "rails-activerecord" {
            database.named(&expected, &expire).says("have no end that could be set");
            assert_eq!(database.contents(), before);
            continue;
        }
        let report = database.named(&expected, &expire).success().json();
        assert_eq!(report["done"], 1, "{slug}");
        let rows = by_key(&database.named(&expected, &["list", "-o", "json"]).success().json(), sessions);
        for session in sessions {
            let (row, moved) = (&rows[text(session, "key")], text(session, "id") == id);
            let end = if moved { "2031-05-17T08:30:00Z" } else { text(session, "expires_at") };
            assert!((seconds(text(row, "expires_at")) - seconds(end)).abs() <= 1, "{slug} {row}");
        }
        database.named(&expected, &["undo", "--yes", text(&report, "run")]).success();
        assert_eq!(database.contents(), before, "{slug}");
    }
}

const LARAVEL: &str = "CREATE TABLE sessions (id varchar PRIMARY KEY, user_id integer, ip_address varchar, \
                       user_agent text, payload text NOT NULL, last_activity integer NOT NULL);";

/// An id of Laravel, and what makes its row.
fn laravel(n: usize) -> (String, String) {
    let id = format!("{n:040}");
    // {"_token":"aaaa…"}
    let payload = format!("{{\"_token\":\"{}\",\"login_web_{}\":{n}}}", "a".repeat(40), "0".repeat(40));
    let payload = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, payload);
    let insert =
        format!("INSERT INTO sessions VALUES ('{id}', {n}, '192.0.2.1', NULL, '{payload}', 1893456000);");
    (id, insert)
}

#[test]
fn what_is_no_table_of_sessions_is_left_alone() {
    let (_, one) = laravel(1);
    let database = Database::new(&format!(
        "{LARAVEL}{one}\
         INSERT INTO sessions VALUES ('workshop', NULL, NULL, NULL, 'Pottery', 1893456000);\
         CREATE VIEW recent AS SELECT * FROM sessions;\
         CREATE TABLE keyless (id varchar, user_id integer, payload text, last_activity integer);\
         CREATE TABLE training (id integer PRIMARY KEY, session_data text, room text);\
         CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text, expire_date datetime);\
         CREATE VIRTUAL TABLE notes USING fts5(body);"
    ));
    let ran = database.args(&["list", "-o", "json"]).success();
    assert_eq!(ran.json().as_array().map(Vec::len), Some(1), "{}", ran.text());
    ran.says("recent is a view").says("keyless has no primary key").says("django_session has the columns");
    // A unique index is enough to tell rows apart, as Laravel made them before 8.
    database.run(
        "CREATE UNIQUE INDEX keyless_id ON keyless (id); INSERT INTO keyless SELECT id, user_id, payload, \
                  last_activity FROM sessions; INSERT INTO keyless VALUES (NULL, 1, 'x', 1);",
    );
    let rows = database.args(&["list", "-o", "json"]).success().json();
    assert_eq!(rows.as_array().map(Vec::len), Some(2), "{rows}");
}

#[test]
fn a_file_that_cannot_be_used_is_told_of() {
    let database = Database::new(LARAVEL);
    let at = |store: &str, args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sessctl"));
        Ran::of(command.env("HOME", database.folder.path()).args(["--store", store]).args(args))
    };
    let path = |name: &str| database.folder.path().join(name);
    at(&format!("sqlite:{}", path("none.db").display()), &["list"]).code(1).says("there is no such file");
    assert!(!path("none.db").exists(), "it was made");
    at(&format!("sqlite:{}", database.folder.path().display()), &["list"]).code(1).says("it is a folder");
    std::fs::write(path("text.db"), "this is not a database, however long it is".repeat(100))
        .expect("written");
    at(&format!("sqlite:{}", path("text.db").display()), &["list"]).code(1).says("not an SQLite database");
    at("sqlite:", &["list"]).code(2).says("no path");
    // Somebody writes and does not come to an end.
    let (id, one) = laravel(1);
    database.run(&one);
    let other = database.connect();
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    database.args(&["--timeout", "1", "list"]).code(1).says("locked by someone");
    drop(other);
    let other = database.connect();
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    database.args(&["list"]).success();
    database.args(&["--timeout", "1", "purge", "--yes", &id]).says("locked by someone");
    drop(other);
    database.args(&["purge", "--yes", &id]).success();
}

/// A step on what is there now.
fn step(store: &mut dyn Store, key: &str, own: Own) -> Step {
    let record = store.read(&[Key(key.into())], Need::VALUE).expect("an answer").remove(0);
    Step {
        key: record.key,
        hash: true,
        seen: fingerprint(&record.raw).expect("a session"),
        bytes: record.raw.bytes(),
        own,
        then: Vec::new(),
        ends: None,
        held: None,
    }
}

/// Keeps what it is given, unless it is told to fail.
#[derive(Default)]
struct Kept {
    backups: Vec<Backup>,
    fails: bool,
}

impl Keeper for Kept {
    fn prepared(&mut self, backups: &[Backup]) -> std::io::Result<()> {
        if self.fails {
            return Err(std::io::Error::other("the disk is full"));
        }
        self.backups.extend_from_slice(backups);
        Ok(())
    }

    fn void(&mut self, steps: &[u32]) -> std::io::Result<()> {
        self.backups.retain(|backup| !steps.contains(&backup.step));
        Ok(())
    }
}

#[track_caller]
fn outcomes(applied: Applied) -> Vec<Outcome> {
    assert!(applied.stopped.is_none(), "{:?}", applied.stopped);
    applied.outcomes
}

#[test]
fn a_row_that_changed_stays_and_nothing_newer_is_written_over() {
    let (ids, rows): (Vec<String>, Vec<String>) = (0..4).map(laravel).unzip();
    let database = Database::new(&format!("{LARAVEL}{}", rows.concat()));
    let keys: Vec<String> = ids.iter().map(|id| format!("sessions:{id}")).collect();
    let mut store = database.open();
    let mut steps: Vec<Step> = keys.iter().map(|key| step(&mut *store, key, Own::End)).collect();
    let before = database.contents();
    let mut failing = Kept { fails: true, ..Kept::default() };
    let refused = store.apply(&steps, Fit::Seen, Some(&mut failing));
    assert!(refused.stopped.is_some_and(|error| error.to_string().contains("the disk is full")));
    assert_eq!(database.contents(), before);
    // One was used, one ended by itself.
    database.run(&format!(
        "UPDATE sessions SET last_activity = last_activity + 1 WHERE id = '{}'; DELETE FROM sessions WHERE id = '{}'",
        ids[1], ids[2]
    ));
    let mut kept = Kept::default();
    let done = Outcome::Done { keys: 1, entries: 0 };
    let gone = Outcome::Gone { keys: 0, entries: 0 };
    assert_eq!(
        outcomes(store.apply(&steps, Fit::Seen, Some(&mut kept))),
        [done.clone(), Outcome::Changed, gone, done]
    );
    assert_eq!(kept.backups.iter().map(|backup| backup.step).collect::<Vec<u32>>(), [0, 3]);
    // One of those came back by itself, as another.
    database.run(&rows[3].replace("192.0.2.1", "192.0.2.2"));
    for _ in 0..2 {
        let back = outcomes(store.restore(&kept.backups));
        assert!(matches!(back[..], [Outcome::Done { .. }, Outcome::Changed]), "{back:?}");
    }
    assert_eq!(database.contents()["sessions"].len(), 3);
    steps.truncate(1);
    assert!(matches!(outcomes(store.apply(&steps, Fit::Seen, None))[..], [Outcome::Done { .. }]));
}

#[test]
fn keys_need_not_be_text_and_are_never_another_row() {
    let (id, one) = laravel(7);
    let other = id.replace('7', "8");
    let database = Database::new(&format!(
        "{LARAVEL}{one}INSERT INTO sessions SELECT CAST('{other}' AS BLOB), 8, NULL, NULL, payload, last_activity FROM \
         sessions; INSERT INTO sessions SELECT NULL, 9, NULL, NULL, payload, last_activity FROM sessions LIMIT 1;"
    ));
    let mut store = database.open();
    let read = |store: &mut dyn Store, key: String| {
        store.read(&[Key(key.into_bytes())], Need::VALUE).expect("an answer").remove(0)
    };
    let bytes = read(&mut *store, format!("sessions:{other}"));
    assert!(
        matches!(&bytes.raw, Raw::Hash(fields) if fields.contains(&(b"user_id".to_vec(), b"8".to_vec())))
    );
    for key in [format!("sessions:{}", &id[..39]), format!("sessions:{id} "), "sessions:".into(), id.clone()]
    {
        assert_eq!(read(&mut *store, key.clone()).raw, Raw::Gone, "{key}");
    }
    // By the id alone, whatever the table is called.
    assert_eq!(read(&mut *store, format!("other:{id}")).key, Key(format!("sessions:{id}").into_bytes()));
    let steps = [step(&mut *store, &format!("sessions:{other}"), Own::End)];
    assert!(matches!(outcomes(store.apply(&steps, Fit::Seen, None))[..], [Outcome::Done { .. }]));
    let left: Vec<Cell> = database
        .connect()
        .prepare("SELECT user_id FROM sessions ORDER BY user_id")
        .expect("a statement")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .map(|cell| cell.expect("a cell"))
        .collect();
    assert_eq!(left, [Cell::Integer(7), Cell::Integer(9)]);
}

#[test]
fn many_rows_are_gone_over_in_pages_and_ended_in_batches() {
    let rows: String = (0..2_500).map(|n| laravel(n).1).collect();
    let database = Database::new(&format!("{LARAVEL}BEGIN;{rows}COMMIT;"));
    let count = database.args(&["count", "-o", "json"]).success().json();
    assert_eq!(count["count"], 2_500, "{count}");
    let report = database.args(&["purge", "--yes", "--all", "-o", "json"]).success().json();
    assert_eq!(report["done"], 2_500, "{report}");
    assert!(database.contents()["sessions"].is_empty());
    let report = database.args(&["undo", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["done"], 2_500, "{report}");
    assert_eq!(database.contents()["sessions"].len(), 2_500);
}

#[test]
fn columns_of_other_names_are_found_by_what_they_hold() {
    let sid = |n: u8| format!("{n}aBcDeFgHiJkLmNoPqRsTuVwXyZ-_012");
    let session = |user: &str| {
        format!(
            r#"{{"cookie":{{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}},"user":"{user}"}}"#
        )
    };
    let database = Database::new(&format!(
        "CREATE TABLE web_s (k varchar(255) PRIMARY KEY, sess json NOT NULL, expired datetime NOT NULL);
         CREATE TABLE shop_s (sid_of varchar(128) PRIMARY KEY, until int unsigned NOT NULL, content mediumtext);
         CREATE TABLE notes (title varchar(40) PRIMARY KEY, stars int, body text);
         INSERT INTO web_s VALUES ('{}', '{}', '2031-01-01T00:00:00.000Z');
         INSERT INTO shop_s VALUES ('{}', 1925000000, '{}');
         INSERT INTO notes VALUES ('{}', 5, '{{\"cookie\":\"oat\"}}');",
        sid(1),
        session("alice"),
        sid(2),
        session("bob"),
        sid(3),
    ));
    let ran = database.args(&["list", "-o", "json", "--sort", "user"]).success();
    let rows = ran.json();
    let found: Vec<(&str, &str, &str)> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().expect("a text");
            (text("layout"), text("id"), text("user"))
        })
        .collect();
    let (one, other) = (sid(1), sid(2));
    assert_eq!(found, [("connect-session-knex", &*one, "alice"), ("express-mysql-session", &*other, "bob")]);
}
