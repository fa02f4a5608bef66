//! A cluster of redis-servers of the test's own.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;

use super::{Content, Server, Sess, Snapshot, captured, eventually};

/// Primaries that know each other, each with its share of the slots.
pub(crate) struct Cluster {
    /// The program, told of the whole cluster; its server is the first node.
    pub(crate) sess: Sess,
    others: Vec<Server>,
    /// One of each primary, in their order, where there are any.
    pub(crate) replicas: Vec<Server>,
    pub(crate) ports: Vec<u16>,
    ids: Vec<String>,
}

/// Slots of a cluster.
const SLOTS: usize = 16_384;

/// Ports that are free together with those of the cluster's bus, which are 10 000 higher. Both lie below
/// those that the system gives to clients.
pub(super) fn ports(many: usize) -> Vec<u16> {
    let mut held = Vec::new();
    let mut found = Vec::new();
    while found.len() < many {
        let port = 20_000 + (RandomState::new().hash_one(found.len()) % 2_767) as u16;
        let bind = |port: u16| TcpListener::bind(("127.0.0.1", port));
        if let (Ok(one), Ok(bus)) = (bind(port), bind(port + 10_000)) {
            held.extend([one, bus]);
            found.push(port);
        }
    }
    found
}

impl Cluster {
    pub(crate) fn start(primaries: usize) -> Cluster {
        Cluster::of(primaries, 0)
    }

    /// Primaries that have a replica each.
    pub(crate) fn with_replicas(primaries: usize) -> Cluster {
        Cluster::of(primaries, primaries)
    }

    fn of(primaries: usize, replicas: usize) -> Cluster {
        for _ in 0..8 {
            let ports = ports(primaries + replicas);
            let nodes = ports.iter().map(|port| {
                Server::try_with(&[
                    "--cluster-enabled",
                    "yes",
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    &port.to_string(),
                    "--cluster-node-timeout",
                    "3000",
                    "--cluster-require-full-coverage",
                    "no",
                    "--cluster-replica-validity-factor",
                    "0",
                    "--repl-diskless-sync-delay",
                    "0",
                ])
            });
            if let Some(nodes) = nodes.collect::<Option<Vec<Server>>>() {
                return Cluster::form(nodes, ports, primaries);
            }
        }
        panic!("no ports are free");
    }

    fn form(mut nodes: Vec<Server>, mut ports: Vec<u16>, primaries: usize) -> Cluster {
        let share = SLOTS.div_ceil(primaries);
        for (at, node) in nodes.iter().enumerate() {
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(at + 1).to_string()]);
            if at >= primaries {
                continue;
            }
            let (first, last) = (at * share, ((at + 1) * share).min(SLOTS) - 1);
            node.command(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
        }
        for port in &ports[1..] {
            nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port.to_string()]);
        }
        let known = format!("cluster_known_nodes:{}\r", nodes.len());
        eventually("the nodes agree", || {
            nodes.iter().all(|node| {
                let info: String =
                    redis::cmd("CLUSTER").arg("INFO").query(&mut node.connect()).expect("its state");
                ["cluster_state:ok\r", "cluster_slots_ok:16384\r", &known].iter().all(|is| info.contains(is))
            })
        });
        let id =
            |node: &Server| redis::cmd("CLUSTER").arg("MYID").query(&mut node.connect()).expect("its id");
        let ids: Vec<String> = nodes.iter().map(id).collect();
        let replicas = nodes.split_off(primaries);
        ports.truncate(primaries);
        for (replica, of) in replicas.iter().zip(&ids) {
            // The one may not have heard of the other yet.
            eventually("it becomes a replica", || {
                let mut command = redis::cmd("CLUSTER");
                command.arg("REPLICATE").arg(of).exec(&mut replica.connect()).is_ok()
            });
        }
        eventually("the replicas are filled and known", || {
            let linked = |replica: &Server| {
                let info: String =
                    redis::cmd("INFO").arg("replication").query(&mut replica.connect()).expect("its state");
                info.contains("master_link_status:up")
            };
            let known = |node: &Server| {
                let text: String =
                    redis::cmd("CLUSTER").arg("NODES").query(&mut node.connect()).expect("the nodes");
                text.matches("slave ").count() == replicas.len()
            };
            replicas.iter().all(linked) && nodes.iter().all(known)
        });
        let others = nodes.split_off(1);
        let sess = Sess::on(nodes.remove(0));
        let mut cluster = Cluster { sess, others, replicas, ports, ids };
        let url = cluster.url();
        cluster.sess = cluster.sess.global(&["--store", &url]);
        cluster
    }

    /// What is given to `--store`.
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis-cluster://{}", hosts.join(","))
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Server> {
        std::iter::once(&self.sess.server).chain(&self.others)
    }

    pub(crate) fn node(&self, at: usize) -> &Server {
        if at == 0 { &self.sess.server } else { &self.others[at - 1] }
    }

    pub(crate) fn kill(&mut self, at: usize) {
        if at == 0 { self.sess.server.kill() } else { self.others[at - 1].kill() }
    }

    /// The slots of these keys, as a server has them.
    pub(crate) fn slots(&self, keys: &[Vec<u8>]) -> Vec<usize> {
        let mut pipe = redis::pipe();
        for key in keys {
            pipe.cmd("CLUSTER").arg("KEYSLOT").arg(key);
        }
        pipe.query(&mut self.sess.server.connect()).expect("slots")
    }

    /// Carries out commands on the nodes of their first arguments' keys.
    pub(crate) fn fill(&self, commands: &[Vec<Vec<u8>>]) {
        let keys: Vec<Vec<u8>> = commands.iter().map(|command| command[1].clone()).collect();
        let share = SLOTS.div_ceil(self.ports.len());
        let mut pipes: Vec<redis::Pipeline> = self.ports.iter().map(|_| redis::pipe()).collect();
        for (command, slot) in commands.iter().zip(self.slots(&keys)) {
            let mut one = redis::Cmd::new();
            for arg in command {
                one.arg(arg);
            }
            pipes[slot / share].add_command(one).ignore();
        }
        for (node, pipe) in self.nodes().zip(pipes).filter(|(_, pipe)| !pipe.is_empty()) {
            pipe.exec(&mut node.connect()).expect("it is written");
        }
    }

    /// Restores a captured store, as [`Sess::restore`] does on one server.
    pub(crate) fn restore(&self, slug: &str) {
        let restore = |(key, ttl, dump): (Vec<u8>, i64, Vec<u8>)| {
            vec![b"RESTORE".to_vec(), key, ttl.to_string().into_bytes(), dump, b"REPLACE".to_vec()]
        };
        self.fill(&captured(slug).into_iter().map(restore).collect::<Vec<_>>());
    }

    pub(crate) fn flush(&self) {
        self.nodes().for_each(Server::flush);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.nodes().flat_map(Server::snapshot).collect()
    }

    pub(crate) fn contents(&self) -> BTreeMap<Vec<u8>, Content> {
        self.nodes().flat_map(Server::contents).collect()
    }

    /// Lets one slot's keys begin to go from one node to another.
    pub(crate) fn begin_move(&self, slot: usize, from: usize, to: usize) {
        let slot = slot.to_string();
        self.node(to).command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &self.ids[from]]);
        self.node(from).command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &self.ids[to]]);
    }

    /// Moves so many keys of a slot that is on its way; how many there were.
    pub(crate) fn move_keys(&self, slot: usize, from: usize, to: usize, most: usize) -> usize {
        let mut connection = self.node(from).connect();
        let keys: Vec<Vec<u8>> = redis::cmd("CLUSTER")
            .arg("GETKEYSINSLOT")
            .arg(slot)
            .arg(most)
            .query(&mut connection)
            .expect("keys");
        if !keys.is_empty() {
            redis::cmd("MIGRATE")
                .arg("127.0.0.1")
                .arg(self.ports[to])
                .arg("")
                .arg(0)
                .arg(60_000)
                .arg("KEYS")
                .arg(&keys)
                .exec(&mut connection)
                .expect("they move");
        }
        keys.len()
    }

    /// Ends the move of a slot, whose keys are all there.
    pub(crate) fn end_move(&self, slot: usize, from: usize, to: usize) {
        let rest = (0..self.ports.len()).filter(|at| *at != from && *at != to);
        for at in [to, from].into_iter().chain(rest) {
            self.node(at).command(&["CLUSTER", "SETSLOT", &slot.to_string(), "NODE", &self.ids[to]]);
        }
    }

    /// Moves a slot with all of its keys.
    pub(crate) fn move_slot(&self, slot: usize, from: usize, to: usize) {
        self.begin_move(slot, from, to);
        while self.move_keys(slot, from, to, 100) > 0 {}
        self.end_move(slot, from, to);
    }
}
