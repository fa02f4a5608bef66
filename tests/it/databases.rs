//! Sessions in PostgreSQL and MariaDB: a private server of each, and what only such servers can do wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::support::*;

/// How long a server may take to come up.
const UP: Duration = Duration::from_secs(60);

/// The program of that name, where Debian puts such.
fn tool(name: &str) -> PathBuf {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut places: Vec<PathBuf> =
        on_path.chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join(name)).collect();
    for version in fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        places.push(version.path().join("bin").join(name));
    }
    let found = places.into_iter().find(|place| place.is_file());
    found.unwrap_or_else(|| panic!("{name} must be installed for these tests: tests/install does it"))
}

/// A server of its own in a folder of its own; it ends with this.
struct Database {
    folder: tempfile::TempDir,
    server: Child,
    /// What runs SQL as its administrator, but for the text.
    client: Vec<String>,
    /// The address with its database, without what stands before the `@`.
    scheme: &'static str,
    rest: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database that is killed has nothing to save here.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Servers refuse to run as root: then whoever owns their files runs them.
fn as_owner(command: &mut Command, folder: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;
    let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if root {
        let names = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
        let line = names.lines().find(|line| line.starts_with("postgres:")).expect("the user postgres");
        let number =
            |at: usize| line.split(':').nth(at).and_then(|text| text.parse().ok()).expect("a number");
        let (user, group): (u32, u32) = (number(2), number(3));
        std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("chown");
        command.uid(user).gid(group);
    }
}

impl Database {
    fn postgres() -> Database {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("d");
        let mut init = Command::new(tool("initdb"));
        init.args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data);
        as_owner(&mut init, folder.path());
        finished(init.current_dir(folder.path()));
        let mut server = Command::new(tool("postgres"));
        // A socket alone: no port is taken.
        server.args(["-c", "fsync=off", "-c", "listen_addresses=", "-c", "timezone=Asia/Kolkata", "-k"]);
        server.arg(folder.path()).arg("-D").arg(&data);
        as_owner(&mut server, folder.path());
        let server = server.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let socket = folder.path().to_str().expect("a path").to_string();
        let psql = tool("psql").to_str().expect("a path").to_string();
        let client =
            ["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h", &socket, "-c"];
        let client = std::iter::once(psql).chain(client.map(String::from)).collect();
        let rest = format!("/postgres?host={socket}");
        let database =
            Database { folder, server: server.expect("postgres"), client, scheme: "postgres", rest };
        database.wait();
        database
    }

    fn mariadb() -> Database {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
        let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_string();
        let (data, socket) = (path("d"), path("s"));
        let own = if fs::metadata("/root/.").is_ok() { "--user=root" } else { "--skip-name-resolve" };
        finished(Command::new(tool("mariadb-install-db")).args([
            "--no-defaults",
            &format!("--datadir={data}"),
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            own,
        ]));
        let server = Command::new(tool("mariadbd"))
            .args([
                "--no-defaults",
                "--skip-networking",
                "--skip-log-bin",
                "--innodb-flush-log-at-trx-commit=0",
                own,
            ])
            .args([format!("--datadir={data}"), format!("--socket={socket}")])
            .args([format!("--pid-file={}", path("pid")), "--default-time-zone=+05:30".to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let client = tool("mariadb").to_str().expect("a path").to_string();
        let more =
            ["--no-defaults", "-u", "root", "-Nrs", &format!("--socket={socket}"), "-e"].map(String::from);
        let client = std::iter::once(client).chain(more).collect();
        let rest = format!("/shop?unix_socket={socket}");
        let database = Database { folder, server: server.expect("mariadbd"), client, scheme: "mysql", rest };
        database.wait();
        database.sql("CREATE DATABASE shop");
        database
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self.try_sql("SELECT 1").status.success() {
            assert!(begun.elapsed() < UP, "the server does not come up");
            std::thread::yield_now();
        }
    }

    fn try_sql(&self, text: &str) -> Output {
        Command::new(&self.client[0]).args(&self.client[1..]).arg(text).output().expect("a client")
    }

    fn sql(&self, text: &str) -> String {
        let output = self.try_sql(text);
        assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn args(&self, user: &str, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessctl"));
        for name in
            ["SESSCTL_STORE", "SESSCTL_CONFIG", "SESSCTL_PROFILE", "PGPASSWORD", "MYSQL_PWD", "NO_COLOR"]
        {
            command.env_remove(name);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            // The server's folder may belong to another user.
            command.env(name, self.folder.path());
        }
        let store = format!("{}://{user}@{}", self.scheme, self.rest);
        Ran::of(command.args(["--store", &store]).args(args).stdin(Stdio::null()))
    }
}

fn finished(command: &mut Command) {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const SESS: &str =
    r#"{"cookie":{"originalMaxAge":3600000,"path":"/"},"passport":{"user":"ada"},"odd":"ü' \\"}"#;

#[test]
fn postgres_understands_its_own_times_and_gives_back_every_type() {
    let database = Database::postgres();
    database.sql(
        "CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL, tag uuid, \
         raw bytea, at timestamptz, ratio float8, n bigint GENERATED ALWAYS AS IDENTITY, \
         size int GENERATED ALWAYS AS (length(sid)) STORED)",
    );
    for n in 1..=3 {
        database.sql(&format!(
            "INSERT INTO session (sid, sess, expire, tag, raw, at, ratio) VALUES ('{n:032}', '{}', \
             '2031-05-17 14:00:00.123456', gen_random_uuid(), '\\x00ff', now(), 0.1)",
            SESS.replace('\'', "''")
        ));
    }
    let all = || database.sql("SELECT * FROM session ORDER BY sid");
    let before = all();
    let rows = database.args("postgres", &["list", "-o", "json"]).success().json();
    assert_eq!(rows[0]["layout"], "connect-pg-simple");
    // 14:00 is local time of the server's zone, of half past five.
    assert_eq!(rows[0]["expires_at"], "2031-05-17T08:30:00.123Z");
    let id = rows[0]["id"].as_str().expect("an id");
    let report = database
        .args("postgres", &["expire", "--at", "2032-01-01T00:00:00Z", "--yes", "-o", "json", "--", id]);
    assert_eq!(report.success().json()["done"], 1);
    assert!(all().contains("|2032-01-01 05:30:00|"), "{}", all());
    database.args("postgres", &["undo", "--yes"]).success();
    assert_eq!(all(), before);
    let report =
        database.args("postgres", &["purge", "--user", "ada", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["done"], 3, "{report}");
    assert_eq!(all(), "");
    database.args("postgres", &["undo", "--yes"]).success();
    assert_eq!(all(), before);

    // Whoever may delete and not update cannot lock a row, and ends sessions all the same.
    database.sql("CREATE ROLE web LOGIN; GRANT SELECT, DELETE ON session TO web; CREATE ROLE looker LOGIN; \
                  GRANT SELECT ON session TO looker; ALTER ROLE looker SET default_transaction_read_only = off");
    database.args("looker", &["list", "-o", "ids"]).success();
    database.args("looker", &["purge", "--all", "--yes"]).code(4).says("GRANT DELETE ON");
    assert_eq!(all(), before);
    database.args("web", &["purge", "--yes", "--", id]).success();
    database.sql("ALTER ROLE web SET default_transaction_read_only = on");
    database.args("web", &["purge", "--all", "--yes"]).code(5).says("read-only");
    database.args("nobody", &["list"]).code(4);
    assert_eq!(database.sql("SELECT count(*) FROM session").trim(), "2");
}

#[test]
fn mariadb_compares_ids_by_every_byte_and_gives_back_every_type() {
    let database = Database::mariadb();
    database.sql(
        "USE shop; CREATE TABLE sessions (session_id varchar(128) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, \
         expires int unsigned NOT NULL, data mediumtext, raw varbinary(8), at datetime(6), \
         seen timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(), ratio double, \
         size int AS (length(data)) STORED) CHARSET utf8mb4",
    );
    for (n, id) in ["aBcDefGhIjKlMnOpQrStUvWxYz012345", "zBcDefGhIjKlMnOpQrStUvWxYz012345"].iter().enumerate()
    {
        database.sql(&format!(
            "USE shop; INSERT INTO sessions (session_id, expires, data, raw, at, seen, ratio) VALUES ('{id}', \
             1968393600 + {n}, '{}', X'00ff', '2026-11-30 05:45:22.123456', '2026-11-30 05:45:22', 0.1)",
            SESS.replace('\\', "\\\\").replace('\'', "''")
        ));
    }
    let all = || database.sql("SELECT *, HEX(raw) FROM shop.sessions ORDER BY session_id");
    let before = all();
    let rows = database.args("root", &["list", "-o", "json"]).success().json();
    assert_eq!(rows[0]["layout"], "express-mysql-session");
    assert_eq!(rows.as_array().map(Vec::len), Some(2));
    // To the database these are one id.
    let other = "sessions:ABCDefGhIjKlMnOpQrStUvWxYz012345";
    database.args("root", &["purge", "--yes", "--", other]).code(1);
    assert_eq!(all(), before);
    let id = rows[0]["id"].as_str().expect("an id");
    let expire = ["expire", "--at", "2032-01-01T00:00:00Z", "--yes", "-o", "json", "--", id];
    assert_eq!(database.args("root", &expire).success().json()["done"], 1);
    assert!(all().contains("1956528000"), "{}", all());
    database.args("root", &["undo", "--yes"]).success();
    assert_eq!(all(), before);
    let report: Json = database.args("root", &["purge", "--all", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["done"], 2, "{report}");
    database.args("root", &["undo", "--yes"]).success();
    assert_eq!(all(), before);
    database.sql("CREATE USER looker@localhost; GRANT SELECT ON shop.* TO looker@localhost");
    database.args("looker", &["purge", "--all", "--yes"]).code(4).says("GRANT");
    database.args("nobody", &["list"]).code(4);
    assert_eq!(all(), before);
}
