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

/// A file of `tests/fixtures/tls`.
fn tls(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name);
    path.to_str().expect("UTF-8").to_string()
}

impl Database {
    fn postgres() -> Database {
        Database::postgres_with(&[])
    }

    /// The same with more settings of the server, `name=value` each.
    fn postgres_with(settings: &[String]) -> Database {
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
        server.args(settings.iter().flat_map(|one| ["-c", one]));
        as_owner(&mut server, folder.path());
        let server = server.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let socket = folder.path().to_str().expect("a path").to_string();
        let psql = tool("psql").to_str().expect("a path").to_string();
        let port = settings.iter().find_map(|one| one.strip_prefix("port=")).unwrap_or("5432");
        let client = [
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-h",
            &socket,
            "-p",
            port,
            "-c",
        ];
        let client = std::iter::once(psql).chain(client.map(String::from)).collect();
        let rest = format!("/postgres?host={socket}");
        let database =
            Database { folder, server: server.expect("postgres"), client, scheme: "postgres", rest };
        database.wait();
        database
    }

    fn mariadb() -> Database {
        Database::mariadb_with(&["--skip-networking".to_string()])
    }

    /// The same with these options of the server.
    fn mariadb_with(options: &[String]) -> Database {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
        let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_string();
        let (data, socket) = (path("d"), path("s"));
        let own = if fs::metadata("/root/.").is_ok() { "--user=root" } else { "--skip-name-resolve" };
        // Several at a time would take each other's temporary tables.
        let temporary = format!("--tmpdir={}", folder.path().display());
        finished(Command::new(tool("mariadb-install-db")).args([
            "--no-defaults",
            &format!("--datadir={data}"),
            &temporary,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            own,
        ]));
        let server = Command::new(tool("mariadbd"))
            .args(["--no-defaults", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", own])
            .args(options)
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
        self.at(&format!("{}://{user}@{}", self.scheme, self.rest), args)
    }

    /// The same at another address.
    fn at(&self, store: &str, args: &[&str]) -> Ran {
        Ran::of(self.command(store, args).stdin(Stdio::null()))
    }

    fn command(&self, store: &str, args: &[&str]) -> Command {
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
        for name in ["PGSSLMODE", "PGSSLROOTCERT"] {
            command.env_remove(name);
        }
        command.args(["--store", store]).args(args);
        command
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
fn a_row_that_the_database_keeps_is_not_told_to_be_gone() {
    let database = Database::postgres();
    database.sql(
        "CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
         CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF OLD.sid LIKE '%2' THEN RETURN NULL; END IF; RETURN OLD; END $$;
         CREATE TRIGGER keeps BEFORE DELETE ON session FOR EACH ROW EXECUTE FUNCTION keeps()",
    );
    for n in 1..=3 {
        let sess = SESS.replace('\'', "''");
        database
            .sql(&format!("INSERT INTO session VALUES ('{n:032}', '{sess}', '2031-05-17 14:00:00.123456')"));
    }
    let before = database.sql("SELECT * FROM session ORDER BY sid");
    let report = database.args("postgres", &["purge", "--all", "--yes", "-o", "json"]).code(3).json();
    assert_eq!((&report["done"], &report["failed"]), (&2.into(), &1.into()), "{report}");
    assert_eq!(database.sql("SELECT sid FROM session").trim(), format!("{:032}", 2));
    database.args("postgres", &["undo", "--yes"]).success();
    assert_eq!(database.sql("SELECT * FROM session ORDER BY sid"), before);
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

/// A port that was free a moment ago.
fn port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

/// What a server of this kind is told to speak TLS on that port, or to speak none, with the certificate for
/// `localhost` and 127.0.0.1.
fn speaking(kind: &str, port: u16, secure: bool) -> Database {
    if kind == "mysql" {
        let mut options = vec![format!("--port={port}"), "--bind-address=127.0.0.1".to_string()];
        options.push("--skip-name-resolve".to_string());
        if secure {
            options.extend([
                format!("--ssl-cert={}", tls("local.pem")),
                format!("--ssl-key={}", tls("local.key")),
            ]);
        } else {
            options.push("--skip-ssl".to_string());
        }
        let database = Database::mariadb_with(&options);
        database.sql("CREATE USER web; GRANT ALL ON shop.* TO web");
        return database;
    }
    let mut settings = vec!["listen_addresses=127.0.0.1".to_string(), format!("port={port}")];
    // The key has to be the server's own, and nobody else's to read.
    let keys = tempfile::tempdir().expect("a folder");
    if secure {
        use std::os::unix::fs::PermissionsExt as _;
        let key = keys.path().join("local.key");
        fs::copy(tls("local.key"), &key).expect("a copy");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("chmod");
        as_owner(&mut Command::new("true"), &key);
        as_owner(&mut Command::new("true"), keys.path());
        settings.extend([
            "ssl=on".to_string(),
            format!("ssl_cert_file={}", tls("local.pem")),
            format!("ssl_key_file={}", key.display()),
        ]);
    }
    let database = Database::postgres_with(&settings);
    database.sql("CREATE ROLE web LOGIN SUPERUSER");
    database
}

#[test]
fn a_database_is_believed_by_its_certificate_as_far_as_is_said() {
    for kind in ["postgres", "mysql"] {
        let port = port();
        let database = speaking(kind, port, true);
        let name = if kind == "mysql" { "shop" } else { "postgres" };
        let own = if kind == "mysql" { "USE shop; " } else { "" };
        database.sql(&format!(
            "{own}CREATE TABLE sessions (session_id varchar(128) NOT NULL PRIMARY KEY, expires int NOT NULL, \
             data text)"
        ));
        let store = |host: &str, rest: &str| format!("{kind}://web@{host}:{port}/{name}{rest}");
        let (ca, other) = (tls("local-ca.pem"), tls("ca.pem"));
        let count = |store: &str, more: &[&str]| database.at(store, &[&["count"], more].concat());
        for host in ["localhost", "127.0.0.1"] {
            for rest in ["", "?sslmode=verify-full", "?sslmode=verify-ca", "?sslmode=require"] {
                count(&store(host, rest), &["--cacert", &ca]).success().stdout("0\n");
            }
        }
        let named = format!("?sslmode=verify-full&sslrootcert={ca}");
        count(&store("localhost", &named), &[]).success();
        count(&store("localhost", "?sslmode=require"), &[]).success();
        count(&store("localhost", ""), &["--cacert", &ca]).success();
        // Another authority, and nobody whom the system knows.
        for rest in ["", "?sslmode=verify-full", "?sslmode=verify-ca", "?sslmode=require"] {
            let ran = count(&store("localhost", rest), &["--cacert", &other]).code(1);
            ran.says("certificate is not signed by a known authority").says("--cacert");
        }
        count(&store("localhost", "?sslmode=verify-full"), &[]).code(1);
        count(&store("localhost", "?sslmode=verify-full"), &["--insecure"]).success();
        // Another name, which 127.0.0.2 is to the certificate and no server of its own.
        if kind == "postgres" {
            let sni = ["--cacert", &ca, "--sni", "cache.example"];
            for rest in ["", "?sslmode=verify-full"] {
                count(&store("localhost", rest), &sni).code(1).says("is for another host name");
            }
            // As libpq has it, nobody looks at the name then.
            for rest in ["?sslmode=verify-ca", "?sslmode=require"] {
                count(&store("localhost", rest), &sni).success();
            }
            let sni = ["--cacert", &ca, "--sni", "localhost"];
            count(&store("127.0.0.1", "?sslmode=verify-full"), &sni).success();
        } else {
            let ran = count(&store("localhost", "?sslmode=require"), &["--sni", "localhost"]).code(1);
            ran.says("--sni is not for MySQL");
        }
        // What is misspelt does not come to mean less, and what excludes each other is told.
        count(&store("localhost", "?sslmode=verify_ful"), &[]).code(2).says("sslmode is one of");
        let ran = count(&store("localhost", "?sslmode=disable"), &["--cacert", &ca]);
        ran.code(2).says("rules out");
        count(&store("localhost", ""), &["--cacert", "/nowhere.pem"]).code(1).says("there is no such file");
    }
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    for kind in ["postgres", "mysql"] {
        let port = port();
        // It listens at all addresses of the loopback, of which the certificate is for the first alone.
        let database = speaking(kind, port, true);
        let listener = std::net::TcpListener::bind("127.0.0.2:0").expect("another address");
        let forwarded = listener.local_addr().expect("its address");
        let forwarding = std::thread::spawn(move || {
            for _ in 0..2 {
                let (client, _) = listener.accept().expect("a client");
                let server = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the server");
                let pipe = |mut from: std::net::TcpStream, mut to: std::net::TcpStream| {
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Write);
                    })
                };
                let twin = |stream: &std::net::TcpStream| stream.try_clone().expect("a handle");
                pipe(twin(&client), twin(&server));
                pipe(server, client);
            }
        });
        let name = if kind == "mysql" { "shop" } else { "postgres" };
        for rest in ["", "?sslmode=verify-full"] {
            let store = format!("{kind}://web@{forwarded}/{name}{rest}");
            let ran = database.at(&store, &["count", "--cacert", &tls("local-ca.pem")]).code(1);
            ran.says("certificate is for another host name");
        }
        forwarding.join().expect("two clients");
    }
}

#[test]
fn a_database_without_tls_is_refused_where_it_is_demanded() {
    for kind in ["postgres", "mysql"] {
        let port = port();
        let database = speaking(kind, port, false);
        let name = if kind == "mysql" { "shop" } else { "postgres" };
        let store = |rest: &str| format!("{kind}://web@127.0.0.1:{port}/{name}{rest}");
        database.at(&store(""), &["discover"]).success();
        database.at(&store("?sslmode=prefer"), &["discover"]).success();
        for (rest, more) in [
            ("?sslmode=require", &[][..]),
            ("?sslmode=verify-ca", &[]),
            ("?sslmode=verify-full", &[]),
            ("", &["--cacert", &tls("local-ca.pem")]),
            ("?sslmode=prefer", &["--cacert", &tls("local-ca.pem")]),
        ] {
            let ran = database.at(&store(rest), &[&["discover"], more].concat()).code(1);
            ran.says("the server does not speak TLS, which is demanded");
        }
    }
}

/// So many sessions, as connect-pg-simple and express-mysql-session keep them.
fn stock(database: &Database, many: usize) {
    let value = SESS.replace('\\', "\\\\").replace('\'', "''");
    if database.scheme == "mysql" {
        database.sql(&format!(
            "USE shop; CREATE TABLE sessions (session_id varchar(128) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY, \
             expires int unsigned NOT NULL, data mediumtext) CHARSET utf8mb4; INSERT INTO sessions SELECT \
             CONCAT('aBcDefGhIjKlMnOpQrStUvWx', LPAD(seq, 8, '0')), 1968393600, '{value}' FROM seq_1_to_{many}"
        ));
        return;
    }
    let value = SESS.replace('\'', "''");
    database.sql(&format!(
        "CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL); \
         INSERT INTO session SELECT 'aBcDefGhIjKlMnOpQrStUvWx' || lpad(n::text, 8, '0'), '{value}', \
         '2031-05-17 14:00:00' FROM generate_series(1, {many}) n"
    ));
}

fn left(database: &Database) -> usize {
    let table = if database.scheme == "mysql" { "shop.sessions" } else { "session" };
    database.sql(&format!("SELECT count(*) FROM {table}")).trim().parse().expect("a number")
}

/// Ends the connections of sessctl.
fn hang_up(database: &Database) {
    if database.scheme == "postgres" {
        database
            .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sessctl'");
        return;
    }
    let ids = database.sql("SELECT id FROM information_schema.processlist WHERE user = 'web'");
    for id in ids.lines() {
        database.try_sql(&format!("KILL {id}"));
    }
}

/// A database of each kind, with a user `web` who may do everything to the sessions.
fn both(many: usize) -> Vec<(Database, &'static str)> {
    let postgres = Database::postgres();
    stock(&postgres, many);
    postgres.sql("CREATE ROLE web LOGIN; GRANT SELECT, DELETE, UPDATE, INSERT ON session TO web");
    let mariadb = Database::mariadb();
    stock(&mariadb, many);
    mariadb.sql("CREATE USER web@localhost; GRANT SELECT, DELETE, UPDATE, INSERT ON shop.* TO web@localhost");
    vec![(postgres, "session"), (mariadb, "shop.sessions")]
}

#[test]
fn who_may_not_read_the_sessions_is_told_so() {
    for (database, table) in both(3) {
        database.args("web", &["count"]).success().stdout("3\n");
        if database.scheme == "postgres" {
            database.sql("CREATE ROLE blind LOGIN");
        } else {
            database.sql(
                "USE shop; CREATE TABLE other (x int); CREATE USER blind@localhost; GRANT SELECT ON shop.other TO \
                 blind@localhost",
            );
        }
        for args in [&["list"][..], &["count"], &["purge", "--all", "--yes"]] {
            let ran = database.args("blind", args);
            if database.scheme == "postgres" {
                ran.code(4).says("blind may not read session").says("GRANT SELECT ON session TO blind");
            } else {
                // The server does not say that there is such a table.
                ran.success().says("no table that blind may see holds sessions").says("GRANT SELECT");
            }
        }
        // Some of the columns are as good as none.
        if database.scheme == "postgres" {
            database.sql(&format!("GRANT SELECT (sid) ON {table} TO blind"));
            database.args("blind", &["list"]).code(4).says("blind may not read");
        }
        assert_eq!(left(&database), 3);
    }
}

#[test]
fn a_login_whose_transactions_are_read_only_reads_and_changes_nothing() {
    for (database, _) in both(3) {
        if database.scheme == "postgres" {
            database.sql("ALTER ROLE web SET default_transaction_read_only = on");
        } else {
            database.sql("SET GLOBAL tx_read_only = 1");
        }
        database.args("web", &["list", "-o", "ids"]).success();
        database.args("web", &["purge", "--all", "--dry-run"]).success();
        let ran = database.args("web", &["purge", "--all", "--yes"]).code(5);
        ran.says("it is read-only").says("a login whose transactions may write");
        assert_eq!(left(&database), 3);
    }
}

#[test]
fn a_statement_that_takes_too_long_is_told_with_how_long_it_may() {
    for (database, _) in both(3) {
        // Whoever reads the sessions waits: for what looks at each row, or for who keeps all of them.
        let mut keeping = None;
        if database.scheme == "postgres" {
            database.sql(
                "ALTER TABLE session ENABLE ROW LEVEL SECURITY; CREATE POLICY slow ON session USING ((SELECT \
                 count(*) FROM pg_sleep(5)) > 0)",
            );
        } else {
            let sql = "USE shop; LOCK TABLES sessions WRITE; SELECT SLEEP(60)";
            let client = Command::new(&database.client[0]).args(&database.client[1..]).arg(sql).spawn();
            keeping = Some(client.expect("a client"));
            let asleep = "SELECT count(*) FROM information_schema.processlist WHERE state = 'User sleep'";
            eventually("they are kept", || database.sql(asleep).trim() == "1");
        }
        for args in [&["list"][..], &["purge", "--all", "--yes"]] {
            let ran = database.args("web", &[args, &["--timeout", "1"]].concat()).code(1);
            ran.says("did not answer within 1 s").stdout("");
        }
        if let Some(mut client) = keeping {
            client.kill().expect("it ends");
            client.wait().expect("it has ended");
        }
    }
}

#[test]
fn what_was_read_before_the_server_went_away_is_shown() {
    use std::io::{BufRead as _, BufReader, Read as _};
    for (database, _) in both(30_000) {
        let store = format!("{}://web@{}", database.scheme, database.rest);
        let mut command = database.command(&store, &["list", "-o", "ids"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("stdout"));
        let mut text = String::new();
        out.read_line(&mut text).expect("a line");
        // The rest does not fit into the pipe.
        hang_up(&database);
        out.read_to_string(&mut text).expect("text");
        let ran = child.wait_with_output().expect("its end");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(3), "{said}");
        assert!(said.contains("the connection to") && said.contains("was lost"), "{said}");
        assert!(said.contains("scan incomplete"), "{said}");
        let many = text.lines().count();
        assert!((100..30_000).contains(&many), "{many}");
    }
}

#[test]
fn a_purge_whose_server_goes_away_can_be_undone_and_gone_on_with() {
    for (database, _) in both(2_000) {
        let store = format!("{}://web@{}", database.scheme, database.rest);
        let args = ["purge", "--all", "--yes", "--max", "none", "--rate", "500/s", "-o", "json"];
        let child = database
            .command(&store, &args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        eventually("it has begun", || left(&database) < 1_900);
        hang_up(&database);
        let ran = Ran::from(child.wait_with_output().expect("its end"));
        // Whether it goes on by itself is its own affair; what it says it has done is done.
        let report = ran.json();
        let done = report["done"].as_u64().expect("a number") as usize;
        assert_eq!(left(&database), 2_000 - done, "{report}: {}", ran.stderr);
        assert!(done < 2_000, "it was done before the server went away");
        assert_eq!(ran.code, Some(3), "{report}: {}", ran.stderr);
        assert!(ran.stderr.contains("was lost"), "{}", ran.stderr);
        let run = report["run"].as_str().expect("a run").to_string();
        let ran = database.args("web", &["purge", "--resume", &run, "--yes"]).success();
        drop(ran);
        assert_eq!(left(&database), 0);
        database.args("web", &["undo", "--yes"]).success();
        database.args("web", &["undo", &run, "--yes"]).success();
        assert_eq!(left(&database), 2_000);
    }
}
