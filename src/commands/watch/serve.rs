//! The figures over HTTP, for anyone who asks: so much of HTTP/1.1 as that takes.
//!
//! A request never makes the store be asked anything. What a client may send, how long it may take, and how
//! many may ask at a time is limited.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::metrics::{self, Form, Of};
use super::sampler::Shared;
use crate::error::{Failure, Usage};
use crate::text::words::unnumbered;
use crate::ui;

/// Bytes of a request's head, how long all of it may take, and how many are answered at a time.
const HEAD: usize = 8 << 10;
const PATIENCE: Duration = Duration::from_secs(5);
const CLIENTS: usize = 16;
const NAP: Duration = Duration::from_millis(20);

/// Listens at an address: HOST:PORT, PORT of this machine alone, or :PORT of all of its addresses.
pub(super) fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let full = match address.strip_prefix(':') {
        Some(port) => format!("0.0.0.0:{port}"),
        None if !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("127.0.0.1:{address}")
        }
        None => address.to_string(),
    };
    let hint = "such as --metrics 127.0.0.1:9464, --metrics 9464 for this machine alone, or --metrics - to print them";
    let addresses: Vec<SocketAddr> = full
        .to_socket_addrs()
        .map_err(|error| {
            let why = unnumbered(&error.to_string());
            Usage::new(format!("--metrics {address}: cannot listen at this address ({why})")).hint(hint)
        })?
        .collect();
    let listener = TcpListener::bind(&addresses[..]).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program is listening there; choose another port, or see `ss -ltnp`"
            }
            ErrorKind::PermissionDenied => "ports below 1024 need root; choose another",
            _ => hint,
        };
        let why = unnumbered(&error.to_string());
        Failure::new(format!("cannot listen at {address}: {why}")).hint(hint)
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What is served.
pub(super) struct Served {
    /// The stores, by their places.
    pub(super) stores: Vec<(String, Arc<Shared>)>,
    pub(super) users: bool,
}

/// Answers until the program is told to stop, or one of those who look has died.
pub(super) fn serve(listener: &TcpListener, served: Served, threads: &[JoinHandle<()>]) {
    let served = Arc::new(served);
    let clients = Arc::new(AtomicUsize::new(0));
    while !ui::interrupted() && threads.iter().all(|thread| !thread.is_finished()) {
        // Nobody asks just now, the client is gone again, or there are no more files: others come.
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(NAP);
            continue;
        };
        if clients.fetch_add(1, Ordering::SeqCst) >= CLIENTS {
            clients.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let (served, others) = (Arc::clone(&served), Arc::clone(&clients));
        let answers = thread::Builder::new().name("answer".to_string()).spawn(move || {
            // Who hangs up gets no answer.
            let _ = answer(stream, &served);
            others.fetch_sub(1, Ordering::SeqCst);
        });
        if answers.is_err() {
            clients.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn answer(mut stream: TcpStream, served: &Served) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let response = match head(&mut stream)? {
        Some(head) => respond(&head, served),
        None => plain(431, "Request Header Fields Too Large", "the request is too large\n", ""),
    };
    stream.write_all(&response)?;
    stream.flush()
}

/// The head of the request; none where it is too large.
fn head(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let until = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut more = [0; 1024];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let count = stream.read(&mut more)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&more[..count]);
        if head.windows(4).any(|end| end == b"\r\n\r\n") || head.windows(2).any(|end| end == b"\n\n") {
            return Ok(Some(head));
        }
        if head.len() > HEAD {
            return Ok(None);
        }
    }
}

fn respond(head: &[u8], served: &Served) -> Vec<u8> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some(version)) = (method, target, version) else {
        return plain(400, "Bad Request", "this is not a valid request\n", "");
    };
    if !version.starts_with("HTTP/1.") {
        return plain(400, "Bad Request", "this is not a valid request\n", "");
    }
    if method != "GET" && method != "HEAD" {
        return plain(405, "Method Not Allowed", "only GET and HEAD are supported\n", "Allow: GET, HEAD\r\n");
    }
    let accept = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("accept").then(|| value.to_string())
    });
    let mut response = match target.split('?').next().unwrap_or_default() {
        "/metrics" => {
            let form = Form::of(&accept.unwrap_or_default());
            let states: Vec<_> = served.stores.iter().map(|(_, shared)| shared.state()).collect();
            let all = served.stores.iter().zip(&states).map(|((place, _), state)| Of { place, state });
            let body = metrics::text(&all.collect::<Vec<_>>(), form, served.users);
            drop(states);
            with(200, "OK", form.content_type(), &body, "")
        }
        "/" => plain(200, "OK", "sessctl watch: the figures are at /metrics\n", ""),
        _ => plain(404, "Not Found", "the figures are at /metrics\n", ""),
    };
    if method == "HEAD"
        && let Some(end) = response.windows(4).position(|end| end == b"\r\n\r\n")
    {
        response.truncate(end + 4);
    }
    response
}

fn plain(code: u16, reason: &str, body: &str, more: &str) -> Vec<u8> {
    with(code, reason, "text/plain; charset=utf-8", body, more)
}

fn with(code: u16, reason: &str, kind: &str, body: &str, more: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {code} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n{more}Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_get_is_told_so() {
        let stores = vec![("redis://db1/0".to_string(), Arc::new(Shared::default()))];
        let served = Served { stores, users: false };
        for (request, expected) in [
            ("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 "),
            ("GET /metrics?x=1 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 "),
            ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 "),
            ("GET /etc/passwd HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "),
            ("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "),
            ("GET /metrics\r\n\r\n", "HTTP/1.1 400 "),
            ("*1\r\n$4\r\nPING\r\n\r\n", "HTTP/1.1 400 "),
            ("GET /metrics HTTP/2.0\r\n\r\n", "HTTP/1.1 400 "),
        ] {
            let response = String::from_utf8_lossy(&respond(request.as_bytes(), &served)).into_owned();
            assert!(response.starts_with(expected), "{request:?}: {response}");
        }
        let of = |request: &str| String::from_utf8_lossy(&respond(request.as_bytes(), &served)).into_owned();
        assert!(of("HEAD /metrics HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
        let open = of("GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text\r\n\r\n");
        assert!(open.contains("application/openmetrics-text") && open.ends_with("# EOF\n"), "{open}");
    }

    #[test]
    fn addresses_to_listen_at() {
        for address in ["", "soon", "127.0.0.1", "127.0.0.1:99999", "99999999"] {
            let error = listen(address).expect_err("no address");
            assert!(error.downcast_ref::<Usage>().is_some(), "{address}: {error}");
        }
        let first = listen("0").expect("a port");
        let taken = first.local_addr().expect("its address").to_string();
        let error = listen(&taken).expect_err("it is taken");
        assert!(error.downcast_ref::<Failure>().is_some_and(|failure| failure.hint.is_some()), "{error}");
    }
}
