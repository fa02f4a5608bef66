//! A primary with replicas, and the sentinels that watch over them.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::cluster::ports;
use super::{Server, Sess, eventually, signal};

/// What the sentinels call it.
pub(crate) const SERVICE: &str = "shop";

/// A primary that sentinels watch over.
pub(crate) struct Watched {
    /// The program, told of the sentinels; its server is the first primary.
    pub(crate) sess: Sess,
    replicas: Vec<Server>,
    ports: Vec<u16>,
    pub(crate) sentinels: Vec<Watcher>,
}

/// A sentinel in a directory of its own.
pub(crate) struct Watcher {
    child: Child,
    pub(crate) port: u16,
    password: Option<String>,
    _dir: tempfile::TempDir,
}

impl Watcher {
    /// `None` when it ended at once.
    fn start(port: u16, primary: u16, more: &str) -> Option<Watcher> {
        let dir = tempfile::Builder::new().prefix("sessctl-").tempdir().expect("a directory");
        let file: PathBuf = dir.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor {SERVICE} 127.0.0.1 {primary} 2\n\
             sentinel down-after-milliseconds {SERVICE} 1000\nsentinel failover-timeout {SERVICE} 4000\n\
             sentinel parallel-syncs {SERVICE} 2\n{more}",
            dir.path().display()
        );
        fs::write(&file, text).expect("a file");
        let child = Command::new("redis-server")
            .arg(&file)
            .arg("--sentinel")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let password = more.lines().find_map(|line| line.strip_prefix("requirepass ")).map(str::to_string);
        let mut sentinel = Watcher { child, port, password, _dir: dir };
        let mut ended = false;
        eventually("the sentinel answers", || {
            ended = sentinel.child.try_wait().expect("its state").is_some();
            ended || sentinel.connect().is_ok()
        });
        (!ended).then_some(sentinel)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn connect(&self) -> redis::RedisResult<redis::Connection> {
        let login = self.password.as_ref().map_or(String::new(), |password| format!(":{password}@"));
        redis::Client::open(format!("redis://{login}127.0.0.1:{}", self.port))?.get_connection()
    }

    /// What it says of the service.
    fn says(&self, name: &str) -> Option<String> {
        let mut connection = self.connect().ok()?;
        let pairs: Vec<String> =
            redis::cmd("SENTINEL").arg("MASTER").arg(SERVICE).query(&mut connection).ok()?;
        let at = pairs.iter().step_by(2).position(|known| known == name)?;
        pairs.get(at * 2 + 1).cloned()
    }

    /// The port of the primary that it names.
    pub(crate) fn names(&self) -> Option<u16> {
        self.says("port")?.parse().ok()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watched {
    /// A primary, two replicas and three sentinels that know all of them.
    pub(crate) fn start() -> Watched {
        Watched::with("")
    }

    /// The same with more lines in the sentinels' configuration.
    pub(crate) fn with(more: &str) -> Watched {
        for _ in 0..8 {
            if let Some(watched) = Watched::try_with(more) {
                return watched;
            }
        }
        panic!("no ports are free");
    }

    fn try_with(more: &str) -> Option<Watched> {
        let ports = ports(6);
        let (servers, watchers) = ports.split_at(3);
        let start = |port: u16, more: &[&str]| {
            let port = port.to_string();
            let options = ["--bind", "127.0.0.1", "--port", &port, "--repl-diskless-sync-delay", "0"];
            Server::try_with(&[&options[..], more].concat())
        };
        let primary = start(servers[0], &[])?;
        let of = format!("127.0.0.1 {}", servers[0]);
        let replicas: Vec<Server> =
            servers[1..].iter().map(|port| start(*port, &["--replicaof", &of])).collect::<Option<_>>()?;
        eventually("the replicas are filled", || replicas.iter().all(is_linked));
        let sentinels: Vec<Watcher> =
            watchers.iter().map(|port| Watcher::start(*port, servers[0], more)).collect::<Option<_>>()?;
        eventually("the sentinels know each other and the replicas", || {
            sentinels.iter().all(|sentinel| {
                let is = |name: &str| sentinel.says(name).as_deref() == Some("2");
                is("num-other-sentinels") && is("num-slaves")
            })
        });
        let sess = Sess::on(primary);
        let ports = servers.to_vec();
        let mut watched = Watched { sess, replicas, ports, sentinels };
        let url = watched.url();
        watched.sess = watched.sess.global(&["--store", &url]);
        Some(watched)
    }

    /// What is given to `--store`.
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> =
            self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis-sentinel://{}/{SERVICE}", hosts.join(","))
    }

    /// The servers, the first primary before its replicas.
    pub(crate) fn server(&self, at: usize) -> &Server {
        if at == 0 { &self.sess.server } else { &self.replicas[at - 1] }
    }

    pub(crate) fn address(&self, at: usize) -> String {
        format!("127.0.0.1:{}", self.ports[at])
    }

    pub(crate) fn kill(&mut self, at: usize) {
        if at == 0 { self.sess.server.kill() } else { self.replicas[at - 1].kill() }
    }

    /// Waits until all sentinels name the same server other than this one; which.
    pub(crate) fn successor(&self, of: usize) -> usize {
        let named = || {
            let ports: Vec<Option<u16>> = self.sentinels.iter().map(Watcher::names).collect();
            let first = ports[0].filter(|port| *port != self.ports[of])?;
            ports.iter().all(|port| *port == Some(first)).then_some(first)
        };
        let mut found = None;
        eventually("another server is named", || {
            found = named();
            found.is_some()
        });
        self.ports.iter().position(|port| Some(*port) == found).expect("one of them")
    }

    /// Lets the sentinels put a replica in the place of the first primary, which goes on as before until
    /// they come to tell it; which.
    pub(crate) fn fail_over(&self) -> usize {
        // A sentinel that has not heard from the replicas for a while says that there is none to take.
        eventually("a failover begins", || {
            let mut command = redis::cmd("SENTINEL");
            command.arg("FAILOVER").arg(SERVICE);
            command.exec(&mut self.sentinels[0].connect().expect("a connection")).is_ok()
        });
        self.successor(0)
    }
}

fn is_linked(replica: &Server) -> bool {
    let info: String =
        redis::cmd("INFO").arg("replication").query(&mut replica.connect()).expect("its state");
    info.contains("master_link_status:up")
}

/// A sentinel of a primary at this port, which need not be there.
pub(crate) fn alone(primary: u16) -> Watcher {
    let tries = (0..8).find_map(|_| Watcher::start(ports(1)[0], primary, ""));
    tries.expect("no ports are free")
}
