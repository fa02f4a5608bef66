//! Sessions that are files: what is one and what is not, and that ending, moving and putting back leave all
//! else as it is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::support::*;

/// A folder of sessions, with a home of its own for undo files.
struct Shelf {
    dir: tempfile::TempDir,
}

/// All that a file is: mode, owner, group, time in nanoseconds, content.
type About = (u32, u32, u32, i128, Vec<u8>);

impl Shelf {
    fn new() -> Shelf {
        let dir = tempfile::Builder::new().prefix("sessctl-").tempdir().expect("a directory");
        std::fs::create_dir(dir.path().join("sessions")).expect("a folder");
        Shelf { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("sessions").join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> &Shelf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(&path, content).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("a mode");
        // Long ago enough that nobody writes it any more.
        self.age(name, 60)
    }

    /// Sets the file's time so many seconds back, and some nanoseconds.
    fn age(&self, name: &str, seconds: u64) -> &Shelf {
        let file = std::fs::File::options().append(true).open(self.path(name)).expect("a file");
        let time = std::time::SystemTime::now() - std::time::Duration::new(seconds, 123_456_789);
        file.set_modified(time).expect("a time");
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessctl"));
        for name in ["SESSCTL_STORE", "SESSCTL_CONFIG", "SESSCTL_PROFILE", "NO_COLOR", "COLUMNS"] {
            command.env_remove(name);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, self.dir.path());
        }
        let store = format!("files:{}", self.dir.path().join("sessions").display());
        command.env("SESSCTL_STORE", store).stdin(Stdio::null()).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    fn rows(&self, args: &[&str]) -> Vec<Json> {
        let ran = self.run(&[&["list", "-o", "json"], args].concat()).success();
        ran.json().as_array().expect("rows").clone()
    }

    fn keys(&self, args: &[&str]) -> Vec<String> {
        let mut keys: Vec<String> =
            self.rows(args).iter().map(|row| row["key"].as_str().expect("a key").to_string()).collect();
        keys.sort();
        keys
    }

    /// With a profile of that layout and these options.
    fn profile(&self, layout: &str, options: &str) -> Vec<String> {
        let path = self.dir.path().join("config.toml");
        let text = format!("[profiles.p]\nlayout = \"{layout}\"\noptions = {{ {options} }}\n");
        std::fs::write(&path, text).expect("a file");
        private(&path);
        ["--config", path.to_str().expect("text"), "--profile", "p"].map(String::from).to_vec()
    }

    /// Every file and link below the folder.
    fn all(&self) -> BTreeMap<PathBuf, About> {
        fn walk(dir: &Path, all: &mut BTreeMap<PathBuf, About>) {
            for entry in std::fs::read_dir(dir).expect("a folder") {
                let path = entry.expect("an entry").path();
                let about = path.symlink_metadata().expect("it is there");
                if about.is_dir() {
                    walk(&path, all);
                    continue;
                }
                let content =
                    if about.is_file() { std::fs::read(&path).expect("a file") } else { Vec::new() };
                let time = i128::from(about.mtime()) * 1_000_000_000 + i128::from(about.mtime_nsec());
                all.insert(path, (about.mode(), about.uid(), about.gid(), time, content));
            }
        }
        let mut all = BTreeMap::new();
        walk(&self.dir.path().join("sessions"), &mut all);
        all
    }
}

const ALICE: &str = "sess_2co2nbhi3it6hiebopov3npqgu";
const BOB: &str = "sess_9vre1ccjtbajadbsjf3oh96qkt";
const EMPTY: &str = "sess_ighesj71mt2ghk7bj93v43csv4";

fn php() -> Shelf {
    let shelf = Shelf::new();
    shelf.put(ALICE, "user|s:5:\"alice\";").put(BOB, "a:1:{s:4:\"user\";s:3:\"bob\";}").put(EMPTY, "");
    shelf
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

#[test]
fn a_purge_takes_the_users_files_and_an_undo_brings_all_of_them_back() {
    let shelf = php();
    shelf.put("README", "not a session").put("sess_0123456789abcdef.lock", "").put("sess_", "");
    let before = shelf.all();
    assert_eq!(shelf.keys(&[]), [ALICE, BOB, EMPTY]);
    assert_eq!(shelf.keys(&["--user", "bob"]), [BOB]);
    shelf.run(&["purge", "--user", "alice", "--dry-run"]).success();
    assert!(shelf.all() == before, "a dry run changes nothing");
    let report = shelf.run(&["purge", "--user", "alice", "--yes", "-o", "json"]).success().json();
    assert_eq!((&report["done"], &report["keys_removed"]), (&Json::from(1), &Json::from(1)));
    let mut rest = before.clone();
    rest.remove(&shelf.path(ALICE));
    assert!(shelf.all() == rest);
    shelf.run(&["undo", "--yes"]).success();
    assert!(shelf.all() == before, "content, mode, owner and time to the nanosecond");
    // A second time there is nothing to do; over something newer nothing is put.
    shelf.run(&["purge", "--user", "alice", "--yes"]).success();
    shelf.put(ALICE, "user|s:3:\"eve\";");
    let newer = shelf.all();
    let report = shelf.run(&["undo", "--yes", "-o", "json"]).json();
    assert_eq!(report["changed"], Json::from(1));
    assert!(shelf.all() == newer);
}

#[test]
fn an_end_is_moved_by_the_files_time_and_moved_back() {
    let shelf = php();
    shelf.age(ALICE, 10 * 3600);
    let before = shelf.all();
    assert_eq!(shelf.keys(&["--expired"]), [ALICE]);
    shelf.run(&["expire", "--in", "2h", "--user", "alice", "--yes"]).success();
    assert_eq!(shelf.keys(&["--expired"]), [""; 0]);
    let after = shelf.all();
    let (mode, owner, group, time, content) = &before[&shelf.path(ALICE)];
    let now = &after[&shelf.path(ALICE)];
    assert_eq!((&now.0, &now.1, &now.2, &now.4), (mode, owner, group, content));
    assert!(now.3 > *time);
    let ran = shelf.run(&["expire", "--persist", "--user", "alice", "--yes"]);
    ran.says("cannot last forever");
    shelf.run(&["undo", "--yes"]).success();
    assert!(shelf.all() == before);
}

#[test]
fn folders_below_are_those_of_the_ids_first_characters() {
    let shelf = Shelf::new();
    let deep = "2/c/sess_2co2nbhi3it6hiebopov3npqgu";
    shelf.put(deep, "user|s:5:\"alice\";");
    // Not where this id belongs, no folder of one character, and a file of no depth.
    shelf.put("2/d/sess_2co2nbhi3it6hiebopov3npqgv", "user|s:5:\"alice\";");
    shelf.put("old/sess_2co2nbhi3it6hiebopov3npqgw", "user|s:5:\"alice\";");
    shelf.put(BOB, "user|s:3:\"bob\";");
    assert_eq!(shelf.keys(&[]), [deep, BOB]);
    let profile = shelf.profile("php-files", "save_path = \"2;0640;/var/lib/php\"");
    assert_eq!(shelf.keys(&texts(&profile)), [deep]);
    let before = shelf.all();
    let args = [&["purge", "--yes", "2co2nbhi3it6hiebopov3npqgu"][..], &texts(&profile)].concat();
    shelf.run(&args).success();
    assert!(!shelf.path(deep).exists());
    shelf.run(&["undo", "--yes"]).success();
    assert!(shelf.all() == before);
}

#[test]
fn links_pipes_and_folders_that_are_called_like_sessions_are_none() {
    let shelf = php();
    let outside = shelf.dir.path().join("outside");
    std::fs::write(&outside, "user|s:5:\"alice\";").expect("a file");
    let linked = "sess_3co2nbhi3it6hiebopov3npqgu";
    symlink(&outside, shelf.path(linked)).expect("a link");
    std::fs::create_dir(shelf.path("sess_4co2nbhi3it6hiebopov3npqgu")).expect("a folder");
    symlink(shelf.dir.path(), shelf.path("s")).expect("a link to a folder");
    std::fs::write(shelf.dir.path().join("sess_sco2nbhi3it6hiebopov3npqgu"), "user|s:5:\"alice\";")
        .expect("a file behind the link");
    let pipe = shelf.path("sess_5co2nbhi3it6hiebopov3npqgu");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    // A name that is not text is nobody's id.
    std::fs::write(shelf.path("").join(OsStr::from_bytes(b"sess_\xff\x1b[31mco2nbhi3it6hiebopov3")), "")
        .expect("a file");
    let before = shelf.all();
    assert_eq!(shelf.keys(&[]), [ALICE, BOB, EMPTY]);
    for name in [linked, "../outside", "s/sess_sco2nbhi3it6hiebopov3npqgu", "/etc/passwd"] {
        shelf.run(&["inspect", name]).code(1);
        assert_ne!(shelf.run(&["purge", "--yes", name]).code, Some(3), "{name}");
    }
    shelf.run(&["purge", "--all", "--yes"]).success();
    assert!(outside.exists() && shelf.path(linked).symlink_metadata().is_ok() && pipe.exists());
    let mut rest = before;
    for gone in [ALICE, BOB, EMPTY] {
        rest.remove(&shelf.path(gone));
    }
    assert!(shelf.all() == rest);
}

#[test]
fn what_changed_since_the_plan_was_made_stays() {
    let shelf = php();
    let plan = shelf.dir.path().join("plan");
    let path = plan.to_str().expect("text");
    shelf.run(&["purge", "--all", "--plan", path]).success();
    shelf.put(ALICE, "user|s:5:\"alice\";cart|i:1;");
    shelf.age(BOB, 30);
    let report = shelf.run(&["apply", path, "--yes", "-o", "json"]).json();
    assert_eq!((&report["done"], &report["changed"]), (&Json::from(1), &Json::from(2)), "{report}");
    assert!(shelf.path(ALICE).exists() && shelf.path(BOB).exists() && !shelf.path(EMPTY).exists());
}

#[test]
fn a_broken_file_is_shown_with_the_reason_and_left_alone() {
    let shelf = php();
    let broken = "sess_mn24q0t354tiglfl0q9rpj1koo";
    shelf.put(broken, "user_id|i:7;name|s:9:\"al");
    let rows = shelf.rows(&["--undecodable"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["key"], broken);
    assert!(rows[0]["error"].is_string());
    shelf.run(&["purge", "--all", "--yes"]);
    assert!(shelf.path(broken).exists());
}

#[test]
fn a_folder_that_is_not_there_or_may_not_be_listed_says_so() {
    let shelf = php();
    shelf.run(&["list", "--store", "files:/nowhere/at/all"]).code(1).says("no such directory");
    shelf.run(&["list", "--store", "files:"]).code(2);
    let file = format!("files:{}", shelf.path(ALICE).display());
    shelf.run(&["list", "--store", &file]).code(1).says("not a directory");
    shelf.run(&["list", "--layout", "connect-redis"]).code(5).says("is a folder");
    // Root may list any; whoever else is asked is told whom to become.
    let sessions = shelf.dir.path().join("sessions");
    std::fs::set_permissions(shelf.dir.path(), std::fs::Permissions::from_mode(0o755)).expect("a mode");
    std::fs::set_permissions(&sessions, std::fs::Permissions::from_mode(0o733)).expect("a mode");
    let me = std::fs::metadata(&sessions).expect("it is there").uid();
    let mut command = shelf.command(&["list"]);
    if me == 0 {
        use std::os::unix::process::CommandExt as _;
        command.uid(65534).gid(65534);
        // The program has to be where that user may run it.
        let program = shelf.dir.path().join("sessctl");
        std::fs::copy(env!("CARGO_BIN_EXE_sessctl"), &program).expect("a copy");
        let mut copied = Command::new(program);
        copied.args(["list", "--store", &format!("files:{}", sessions.display())]);
        copied.env("HOME", "/").uid(65534).gid(65534).stdin(Stdio::null());
        Ran::of(&mut copied).code(4).says("has no permission to list its files").says("run it as root");
    } else {
        std::fs::set_permissions(&sessions, std::fs::Permissions::from_mode(0o300)).expect("a mode");
        Ran::of(&mut command).code(4).says("has no permission to list its files").says("run it as root");
        std::fs::set_permissions(&sessions, std::fs::Permissions::from_mode(0o700)).expect("a mode");
    }
}

#[test]
fn a_folder_with_very_many_files_is_gone_over_once() {
    let shelf = Shelf::new();
    for n in 0..20_000 {
        std::fs::write(shelf.path(&format!("sess_{n:026}")), format!("user_id|i:{n};")).expect("a file");
    }
    let ran = shelf.run(&["count", "-o", "json"]).success();
    ran.shows("20000");
    shelf.run(&["purge", "--user", "19999", "--yes"]).success();
    assert!(!shelf.path(&format!("sess_{:026}", 19_999)).exists());
    assert_eq!(std::fs::read_dir(shelf.path("")).expect("a folder").count(), 19_999);
}

#[test]
fn laravels_files_are_told_by_their_token_and_end_with_their_time() {
    let shelf = Shelf::new();
    let token = "VkfaSNNxpKt24aYp9381CowXR5ARRx1WB0P3o5xk";
    let login = "login_web_59ba36addc2b2f9401580f014c7f58ea4e30989d";
    let (php, json, other) = ("a1B2".repeat(10), "c3D4".repeat(10), "e5F6".repeat(10));
    shelf.put(&php, format!("a:2:{{s:6:\"_token\";s:40:\"{token}\";s:{}:\"{login}\";i:7;}}", login.len()));
    shelf.put(&json, format!("{{\"_token\":\"{token}\",\"cart\":[]}}"));
    shelf.put(&other, "a:1:{s:4:\"menu\";a:0:{}}").put(".gitignore", "*");
    assert_eq!(shelf.keys(&[]), [php.clone(), json.clone()]);
    assert_eq!(shelf.keys(&["--user", "7"]), std::slice::from_ref(&php));
    shelf.age(&php, 3 * 3600);
    assert_eq!(shelf.keys(&["--expired"]), std::slice::from_ref(&php));
    let profile = shelf.profile("laravel-files", "lifetime = 600");
    assert_eq!(shelf.keys(&[&["--expired"][..], &texts(&profile)].concat()), [""; 0]);
}

#[test]
fn an_end_in_the_content_is_written_anew_and_put_back() {
    let shelf = Shelf::new();
    let now = jiff::Timestamp::now().as_millisecond();
    let name = "KxciF4C0yqErDiQQnYm6dqpum_loRTzq.json";
    let text = format!(
        r#"{{"cookie":{{"originalMaxAge":null,"path":"/"}},"user":"alice","__lastAccess":{},"n":1.0}}"#,
        now - 1000
    );
    shelf.put(name, &text).put("package.json", "{}");
    let before = shelf.all();
    let ends = |shelf: &Shelf| {
        let row = shelf.rows(&[]).remove(0);
        row["expires_at"]
            .as_str()
            .expect("an end")
            .parse::<jiff::Timestamp>()
            .expect("a time")
            .as_millisecond()
    };
    assert_eq!(ends(&shelf), now - 1000 + 3_600_000);
    shelf.run(&["expire", "--in", "5h", "--user", "alice", "--yes"]).success();
    assert!((ends(&shelf) - now - 5 * 3_600_000).abs() < 60_000);
    let after = &shelf.all()[&shelf.path(name)];
    let was = &before[&shelf.path(name)];
    assert_eq!((after.0, after.1, after.2, after.3), (was.0, was.1, was.2, was.3));
    assert!(String::from_utf8_lossy(&after.4).ends_with(r#","n":1.0}"#));
    assert_eq!(shelf.all().len(), 2, "nothing is left beside them");
    shelf.run(&["undo", "--yes"]).success();
    assert!(shelf.all() == before);
}

#[test]
fn a_hashed_name_is_found_by_the_cookie_and_only_beside_the_caches_count() {
    let shelf = Shelf::new();
    // SHA-256 and MD5 of `session:abc`.
    let new = "a29d803b477eb42083ebd25596356c45c98474d5c0dacb79829833ca2176e85b".to_string();
    let old = "32607b0dcb9d5a58fbe913b473137833";
    let pickle = b"\x80\x04}\x94(\x8c\x0a_permanent\x94\x88\x8c\x08_user_id\x94\x8c\x05alice\x94u.";
    let content = [&2_000_000_000_u32.to_le_bytes()[..], pickle].concat();
    shelf.put(&new, &content);
    assert_eq!(shelf.keys(&[]), [""; 0]);
    let count = "79bc207ee04a581ab2348ca1f3494e64cd0ec36128735b8c6bc85ddd8fe1938c";
    shelf.put(count, b"\0\0\0\0\x80\x05K\x06.");
    assert_eq!(shelf.keys(&["--user", "alice"]), std::slice::from_ref(&new));
    shelf.run(&["expire", "--persist", "--user", "alice", "--yes"]).success();
    assert_eq!(std::fs::read(shelf.path(&new)).expect("a file")[..4], [0; 4]);
    assert_eq!(shelf.rows(&[])[0]["expires_at"], Json::Null);
    let profile = shelf.profile("flask-session-filesystem", "");
    let found = |shelf: &Shelf| {
        let args = [&["inspect", "--cookie", "session=abc", "-o", "json"][..], &texts(&profile)].concat();
        shelf.run(&args).success().json()["key"].as_str().expect("a key").to_string()
    };
    assert_eq!(found(&shelf), new);
    std::fs::rename(shelf.path(&new), shelf.path(old)).expect("another name");
    assert_eq!(found(&shelf), old);
}

#[test]
fn a_sealed_session_opens_with_the_stores_secret() {
    // Written by session-file-store 1.5.0 with kruptein 2.2.3, which derives its key by scrypt then.
    let sealed =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/files/session-file-store-sealed.json");
    let shelf = Shelf::new();
    let name = "KxciF4C0yqErDiQQnYm6dqpum_loRTzq.json";
    shelf.put(name, std::fs::read(sealed).expect("a sample"));
    let closed = shelf.rows(&[]).remove(0);
    assert!(closed["error"].as_str().expect("an error").contains("give option secret"), "{closed}");
    let profile = shelf.profile("session-file-store", "secret = [\"old secret\", \"store secret\"]");
    let open = shelf.rows(&texts(&profile)).remove(0);
    assert_eq!((&open["user"], &open["error"]), (&Json::from("zoë"), &Json::Null), "{open}");
    let wrong = shelf.profile("session-file-store", "secret = \"another\"");
    assert!(shelf.rows(&texts(&wrong)).remove(0)["error"].is_string());
}
