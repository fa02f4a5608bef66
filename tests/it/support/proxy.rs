//! A link between the program and its server that a test has in its hands: it acts between two
//! requests, delays, cuts, stalls and splits what goes over it.
//!
//! The proxy knows where each request and each answer ends. What a test wants to happen happens before
//! a request is handed on, once the server has answered all that came before it on that connection, so
//! that "between these two requests" is exact however much was sent ahead. One hook sees the requests
//! of all connections, one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::{PATIENCE, Server};

/// A request that is about to be handed on.
#[expect(dead_code, reason = "not all of it is asked for yet")]
pub(crate) struct Request<'r> {
    /// Which one it is of all, from 1 on.
    pub(crate) n: usize,
    /// Which one of its verb, from 1 on.
    pub(crate) nth: usize,
    /// Its command in capitals.
    pub(crate) verb: &'r str,
    pub(crate) args: &'r [Vec<u8>],
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Forward,
    /// The connection is cut before it.
    Cut,
    /// The server gets it and answers, and the connection is cut before the answer.
    CutBehind,
    /// Nothing of this connection is handed on any more.
    Stall,
}

type Hook = Box<dyn FnMut(&Request<'_>, &mut redis::Connection) -> Then + Send>;

/// What happens on the way, the same for all connections.
struct Link {
    /// One way, in microseconds.
    latency: AtomicU64,
    /// Answers arrive byte by byte.
    bytewise: AtomicBool,
    /// Bytes of answers that a connection hands on before it is cut.
    most: AtomicUsize,
    state: Mutex<State>,
    answered: Condvar,
    ended: AtomicBool,
    connections: AtomicUsize,
}

#[derive(Default)]
struct State {
    hook: Option<Hook>,
    /// The verbs of all requests so far, and how many there were of each.
    seen: Vec<String>,
    of_verb: BTreeMap<String, usize>,
    /// The turn of the latest answer that the client has, and of the latest request.
    had: usize,
    turns: usize,
}

impl Link {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn latency(&self) -> Duration {
        Duration::from_micros(self.latency.load(Ordering::Relaxed))
    }
}

/// What is on its way on one connection.
#[derive(Default)]
struct Flight {
    /// Of each request that is not answered yet the turn that it belongs to.
    turns: VecDeque<usize>,
    cut: bool,
}

pub(crate) struct Proxy {
    socket: PathBuf,
    link: Arc<Link>,
}

#[expect(dead_code, reason = "not every way of it is taken yet")]
impl Proxy {
    /// Hands everything on as it comes until it is told otherwise.
    pub(crate) fn to(server: &Server) -> Proxy {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("proxy{}.sock", COUNT.fetch_add(1, Ordering::Relaxed));
        let socket = server.dir.path().join(name);
        let listener = UnixListener::bind(&socket).expect("a socket");
        let link = Arc::new(Link {
            latency: AtomicU64::new(0),
            bytewise: AtomicBool::new(false),
            most: AtomicUsize::new(usize::MAX),
            state: Mutex::new(State::default()),
            answered: Condvar::new(),
            ended: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        });
        let behind = server.socket();
        let accepting = Arc::clone(&link);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.ended.load(Ordering::Relaxed) {
                    break;
                }
                // A server that is not there is one that hangs up.
                let Ok(server) = UnixStream::connect(&behind) else { continue };
                accepting.connections.fetch_add(1, Ordering::Relaxed);
                carry(&accepting, client, server, &behind);
            }
        });
        Proxy { socket, link }
    }

    /// What is given to `--store`.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// So long everything takes from here on, each way.
    pub(crate) fn latency(self, each_way: Duration) -> Proxy {
        self.link.latency.store(each_way.as_micros() as u64, Ordering::Relaxed);
        self
    }

    /// From here on every answer arrives one byte at a time.
    pub(crate) fn bytewise(self) -> Proxy {
        self.link.bytewise.store(true, Ordering::Relaxed);
        self
    }

    /// From here on every connection is cut once it has handed on so many bytes of answers.
    pub(crate) fn cut_after(self, bytes: usize) -> Proxy {
        self.link.most.store(bytes, Ordering::Relaxed);
        self
    }

    /// Lets this see every request from here on, with a connection to the server itself. Counting
    /// begins anew.
    pub(crate) fn hook(
        &self,
        hook: impl FnMut(&Request<'_>, &mut redis::Connection) -> Then + Send + 'static,
    ) {
        *self.link.state() = State { hook: Some(Box::new(hook)), ..State::default() };
    }

    /// Does this before the request of that number.
    pub(crate) fn at(&self, number: usize, mut act: impl FnMut(&mut redis::Connection) + Send + 'static) {
        self.hook(move |request, server| {
            if request.n == number {
                act(server);
            }
            Then::Forward
        });
    }

    /// Does this before the nth request of that verb, or before every one with 0.
    pub(crate) fn before(
        &self,
        verb: &'static str,
        nth: usize,
        mut act: impl FnMut(&mut redis::Connection) + Send + 'static,
    ) {
        self.hook(move |request, server| {
            if request.verb == verb && (nth == 0 || request.nth == nth) {
                act(server);
            }
            Then::Forward
        });
    }

    /// Hands everything on again, and begins counting anew.
    pub(crate) fn pass(&self) {
        *self.link.state() = State::default();
    }

    /// The verbs of the requests since counting began.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.link.state().seen.clone()
    }

    /// How often the client waited for an answer before it asked on, side by side counted once. It
    /// takes some latency to tell what was sent together.
    pub(crate) fn turns(&self) -> usize {
        self.link.state().turns
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.link.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.link.ended.store(true, Ordering::Relaxed);
        drop(UnixStream::connect(&self.socket));
    }
}

/// Carries one connection, on threads of its own that end with it.
fn carry(link: &Arc<Link>, client: UnixStream, server: UnixStream, behind: &std::path::Path) {
    let flight = Arc::new(Mutex::new(Flight::default()));
    let clone = |stream: &UnixStream| stream.try_clone().expect("a handle");
    let (from_client, to_client) = (clone(&client), client);
    let (from_server, to_server) = (clone(&server), server);

    let delayed = delay(link, from_client, |_| {});
    let (link_of, flight_of) = (Arc::clone(link), Arc::clone(&flight));
    let (cut_client, url) = (clone(&to_client), format!("unix://{}", behind.display()));
    std::thread::spawn(move || {
        let ended = requests(&link_of, &flight_of, &delayed, &to_server, &url);
        if ended == Then::Stall {
            while delayed.recv().is_ok() && !link_of.ended.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        }
        let _ = to_server.shutdown(Shutdown::Both);
        let _ = cut_client.shutdown(Shutdown::Both);
    });

    let (link_of, flight_of) = (Arc::clone(link), Arc::clone(&flight));
    let mut rest: Vec<u8> = Vec::new();
    let (arrived, turns) = mpsc::channel();
    // Answers count as given when the server gave them; they may still be on their way.
    let delayed = delay(link, from_server, move |bytes| {
        rest.extend_from_slice(bytes);
        while let Some(length) = reply_end(&rest, 0) {
            rest.drain(..length);
            let turn = flight_of.lock().unwrap_or_else(PoisonError::into_inner).turns.pop_front();
            let _ = arrived.send(turn.unwrap_or_default());
            link_of.answered.notify_all();
        }
    });
    let link = Arc::clone(link);
    std::thread::spawn(move || {
        let mut to_client = to_client;
        let mut handed: usize = 0;
        while let Ok((due, bytes)) = delayed.recv() {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if flight.lock().unwrap_or_else(PoisonError::into_inner).cut {
                break;
            }
            let mut state = link.state();
            for turn in turns.try_iter() {
                state.had = state.had.max(turn);
            }
            drop(state);
            let left = link.most.load(Ordering::Relaxed).saturating_sub(handed);
            let bytes = &bytes[..bytes.len().min(left)];
            handed += bytes.len();
            let sent = if link.bytewise.load(Ordering::Relaxed) {
                bytes.chunks(1).try_for_each(|byte| to_client.write_all(byte))
            } else {
                to_client.write_all(bytes)
            };
            if sent.is_err() || handed >= link.most.load(Ordering::Relaxed) {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
}

/// Reads what comes, and says when it is to arrive.
fn delay(
    link: &Arc<Link>,
    mut from: UnixStream,
    mut came: impl FnMut(&[u8]) + Send + 'static,
) -> mpsc::Receiver<(Instant, Vec<u8>)> {
    let (sender, receiver) = mpsc::channel();
    let link = Arc::clone(link);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count) = from.read(&mut buffer) {
            if count == 0 {
                break;
            }
            came(&buffer[..count]);
            if sender.send((Instant::now() + link.latency(), buffer[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Hands requests on until the connection ends; how it ended.
fn requests(
    link: &Link,
    flight: &Mutex<Flight>,
    delayed: &mpsc::Receiver<(Instant, Vec<u8>)>,
    mut to_server: &UnixStream,
    url: &str,
) -> Then {
    let flight = || flight.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rest: Vec<u8> = Vec::new();
    let mut aside: Option<redis::Connection> = None;
    while let Ok((due, bytes)) = delayed.recv() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        rest.extend_from_slice(&bytes);
        let mut at = 0;
        // What has no hook goes on in one piece.
        let mut ready = 0;
        while let Some((args, length)) = request(&rest[at..]) {
            let verb = String::from_utf8_lossy(&args[0]).to_ascii_uppercase();
            let mut state = link.state();
            let turn = state.had + 1;
            state.turns = state.turns.max(turn);
            let of_verb = state.of_verb.entry(verb.clone()).or_default();
            *of_verb += 1;
            let nth = *of_verb;
            state.seen.push(verb.clone());
            let n = state.seen.len();
            let mut then = Then::Forward;
            if state.hook.is_some() {
                if to_server.write_all(&rest[ready..at]).is_err() {
                    return Then::Cut;
                }
                ready = at;
                // The lock is given up meanwhile, so that others' answers are counted too.
                let start = Instant::now();
                while !flight().turns.is_empty() && start.elapsed() < PATIENCE {
                    let wait = link.answered.wait_timeout(state, Duration::from_millis(5));
                    state = wait.unwrap_or_else(PoisonError::into_inner).0;
                }
                let aside = aside.get_or_insert_with(|| {
                    redis::Client::open(url).expect("a client").get_connection().expect("a connection")
                });
                if let Some(hook) = &mut state.hook {
                    then = hook(&Request { n, nth, verb: &verb, args: &args }, aside);
                }
            }
            drop(state);
            flight().turns.push_back(turn);
            match then {
                Then::Forward => {}
                Then::Cut => {
                    flight().cut = true;
                    return then;
                }
                Then::Stall => return then,
                Then::CutBehind => {
                    flight().cut = true;
                    let _ = to_server.write_all(&rest[ready..at + length]);
                    let start = Instant::now();
                    while !flight().turns.is_empty() && start.elapsed() < PATIENCE {
                        std::thread::yield_now();
                    }
                    return then;
                }
            }
            at += length;
        }
        if to_server.write_all(&rest[ready..at]).is_err() {
            return Then::Cut;
        }
        rest.drain(..at);
    }
    Then::Cut
}

/// The number in a line that begins there, and where the next line begins.
fn number(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let end = at + bytes.get(at..)?.windows(2).position(|two| two == b"\r\n")?;
    let number = std::str::from_utf8(&bytes[at + 1..end]).ok()?.parse().ok()?;
    Some((number, end + 2))
}

/// The first request, if it is there whole, and its length.
fn request(bytes: &[u8]) -> Option<(Vec<Vec<u8>>, usize)> {
    let (many, mut at) = number(bytes, 0)?;
    let mut args = Vec::new();
    for _ in 0..many {
        let (length, start) = number(bytes, at)?;
        let end = start + length as usize;
        args.push(bytes.get(start..end)?.to_vec());
        at = end + 2;
    }
    (at <= bytes.len()).then_some((args, at))
}

/// Where the answer ends that begins there, if it is there whole.
fn reply_end(bytes: &[u8], at: usize) -> Option<usize> {
    let line_end = || bytes.get(at..)?.windows(2).position(|two| two == b"\r\n").map(|end| at + end + 2);
    match bytes.get(at)? {
        b'$' => {
            let (length, start) = number(bytes, at)?;
            let end = if length < 0 { start } else { start + length as usize + 2 };
            (end <= bytes.len()).then_some(end)
        }
        b'*' => {
            let (many, mut at) = number(bytes, at)?;
            for _ in 0..many.max(0) {
                at = reply_end(bytes, at)?;
            }
            Some(at)
        }
        _ => line_end(),
    }
}
