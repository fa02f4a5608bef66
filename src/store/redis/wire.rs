//! One connection: bytes to a server, answers from it.
//!
//! An answer has to be there whole within its time, however its bytes trickle in, and may hold so much
//! and no more, whatever it announces. What counts is the time that was waited: a program that was
//! stopped meanwhile (by Ctrl-Z, say) has not waited, and goes on where it was.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use ::redis::{ConnectionLike, ErrorKind, RedisError, RedisResult, Value as Answer};
use rustls::{ClientConnection, StreamOwned};

/// Bytes of an answer, and what its parts take beside: the server's own limit for one text.
const MAX_ANSWER: usize = 512 << 20;
/// What a part of an answer takes in memory next to its bytes.
const PART: usize = 64;
/// Answers that are lists of lists go no deeper.
const MAX_DEPTH: usize = 8;
/// A line of an answer is a number, a word or an error.
const MAX_LINE: usize = 64 << 10;
/// Bytes that are taken from the socket at a time.
const PIECE: usize = 64 << 10;
/// A read that took so much longer than it could was one of a program that was stopped.
const STOPPED: Duration = Duration::from_millis(200);

/// A socket that knows how long may be waited for it.
#[derive(Debug)]
pub(super) struct Socket {
    plain: Plain,
    /// How long one answer may take.
    limit: Duration,
    /// How long this one took so far.
    waited: Duration,
    /// When the last piece of it was there.
    since: Option<Instant>,
    /// What the system was told.
    told: Option<Duration>,
}

#[derive(Debug)]
enum Plain {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Socket {
        Socket::of(Plain::Tcp(stream))
    }
}

impl From<UnixStream> for Socket {
    fn from(stream: UnixStream) -> Socket {
        Socket::of(Plain::Unix(stream))
    }
}

impl Socket {
    fn of(plain: Plain) -> Socket {
        Socket { plain, limit: Duration::MAX, waited: Duration::ZERO, since: None, told: None }
    }

    /// From here on it is another answer.
    fn begin(&mut self) {
        (self.waited, self.since) = (Duration::ZERO, None);
    }

    /// From here on an answer may take so long, and so may a piece that is written.
    pub(super) fn limit(&mut self, limit: Duration) -> io::Result<()> {
        self.limit = limit;
        self.begin();
        match &self.plain {
            Plain::Tcp(stream) => stream.set_write_timeout(Some(limit)),
            Plain::Unix(stream) => stream.set_write_timeout(Some(limit)),
        }
    }

    /// Tells the system how long may still be waited, unless it knows well enough.
    fn tell(&mut self, left: Duration) -> io::Result<()> {
        if self.told.is_some_and(|told| told.abs_diff(left) <= self.limit / 32) {
            return Ok(());
        }
        let time = Some(left.max(Duration::from_millis(1)));
        match &self.plain {
            Plain::Tcp(stream) => stream.set_read_timeout(time)?,
            Plain::Unix(stream) => stream.set_read_timeout(time)?,
        }
        self.told = Some(left);
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // What becomes of the pieces takes its time too: of a server that feeds them one by one that is
        // most of it. A longer while was that of a program that was stopped.
        let gap = self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        if gap <= STOPPED {
            self.waited += gap;
        }
        loop {
            let left = self.limit.saturating_sub(self.waited);
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.tell(left)?;
            let began = Instant::now();
            let read = match &mut self.plain {
                Plain::Tcp(stream) => stream.read(buffer),
                Plain::Unix(stream) => stream.read(buffer),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    let took = began.elapsed();
                    if took <= left + STOPPED {
                        self.waited += took;
                    }
                    self.since = Some(Instant::now());
                    return read;
                }
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        loop {
            let written = match &mut self.plain {
                Plain::Tcp(stream) => stream.write(buffer),
                Plain::Unix(stream) => stream.write(buffer),
            };
            match written {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The way to a server.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

impl Stream {
    fn socket(&mut self) -> &mut Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => &mut tls.sock,
        }
    }

    fn reader(&mut self) -> &mut dyn Read {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => tls,
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => tls,
        }
    }
}

/// A connection over which the server's protocol is spoken.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    buffer: Vec<u8>,
    /// Where in the buffer what was not taken yet begins and ends.
    taken: usize,
    filled: usize,
    /// What the answer that is being read may still hold.
    room: usize,
    broken: bool,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Wire {
        Wire { stream, buffer: Vec::new(), taken: 0, filled: 0, room: 0, broken: false }
    }

    /// How long an answer may take from here on.
    pub(super) fn limit(&mut self, limit: Duration) -> io::Result<()> {
        self.stream.socket().limit(limit)
    }

    /// Sends commands as they are.
    pub(super) fn send(&mut self, commands: &[u8]) -> RedisResult<()> {
        let writer = self.stream.writer();
        // A server that hangs up may have said why, so that its answer can be taken still.
        Ok(writer.write_all(commands).and_then(|()| writer.flush())?)
    }

    /// Takes the next answer. A refusal is an answer; after an error nothing can be taken any more.
    pub(super) fn answer(&mut self) -> RedisResult<Answer> {
        if self.broken {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        }
        self.stream.socket().begin();
        self.room = MAX_ANSWER;
        let answer = self.part(0);
        self.broken = answer.is_err();
        answer
    }

    /// Waits so long for another answer to begin, and says whether one has. What was waited in vain
    /// leaves the connection as it was.
    pub(super) fn ready(&mut self, wait: Duration) -> RedisResult<bool> {
        if self.broken {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        }
        if self.taken < self.filled {
            return Ok(true);
        }
        let usual = self.stream.socket().limit;
        self.limit(wait.max(Duration::from_millis(1)))?;
        let filled = self.fill();
        self.limit(usual)?;
        match filled {
            Ok(()) => Ok(true),
            Err(error) if error.is_timeout() => Ok(false),
            Err(error) => {
                self.broken = true;
                Err(error)
            }
        }
    }

    /// Takes a line that is not an empty one, without its end. Each empty one before it means that the other
    /// side is still at work, and gives it as much time again.
    pub(super) fn line_to_come(&mut self) -> RedisResult<Vec<u8>> {
        loop {
            self.stream.socket().begin();
            let line = self.line()?;
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }

    /// Takes bytes as they come, whatever they are; none are left where the connection has ended. The time
    /// that an answer may take is that of each piece.
    pub(super) fn piece(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken < self.filled {
            let here = buffer.len().min(self.filled - self.taken);
            buffer[..here].copy_from_slice(&self.buffer[self.taken..self.taken + here]);
            self.taken += here;
            return Ok(here);
        }
        self.stream.socket().begin();
        self.stream.reader().read(buffer)
    }

    fn part(&mut self, depth: usize) -> RedisResult<Answer> {
        let senseless = || RedisError::from((ErrorKind::Parse, "the reply cannot be understood"));
        if depth > MAX_DEPTH {
            return Err(senseless());
        }
        self.spend(PART)?;
        let line = self.line()?;
        let (mark, text) = line.split_first().ok_or_else(senseless)?;
        let number = || std::str::from_utf8(text).ok()?.parse::<i64>().ok();
        match mark {
            b'+' if text == b"OK" => Ok(Answer::Okay),
            b'+' => Ok(Answer::SimpleString(String::from_utf8_lossy(text).into_owned())),
            b'-' => {
                let line = String::from_utf8_lossy(&line).into_owned();
                ::redis::parse_redis_value(format!("{line}\r\n").as_bytes())
            }
            b':' => number().map(Answer::Int).ok_or_else(senseless),
            b'_' => Ok(Answer::Nil),
            b'$' => match number() {
                Some(-1) => Ok(Answer::Nil),
                Some(length) if length >= 0 => {
                    let length = usize::try_from(length).map_err(|_| senseless())?;
                    self.spend(length)?;
                    let bytes = self.bytes(length)?;
                    if self.bytes(2)? == b"\r\n" { Ok(Answer::BulkString(bytes)) } else { Err(senseless()) }
                }
                _ => Err(senseless()),
            },
            b'*' => match number() {
                Some(-1) => Ok(Answer::Nil),
                Some(many) if many >= 0 => {
                    let mut parts = Vec::with_capacity(many.min(1024) as usize);
                    for _ in 0..many {
                        parts.push(self.part(depth + 1)?);
                    }
                    Ok(Answer::Array(parts))
                }
                _ => Err(senseless()),
            },
            _ => Err(senseless()),
        }
    }

    fn spend(&mut self, bytes: usize) -> RedisResult<()> {
        match self.room.checked_sub(bytes) {
            Some(room) => self.room = room,
            None => return Err((ErrorKind::Parse, "the answer is too large").into()),
        }
        Ok(())
    }

    /// A line without its end.
    fn line(&mut self) -> RedisResult<Vec<u8>> {
        let mut looked = 0;
        loop {
            let here = &self.buffer[self.taken..self.filled];
            if let Some(end) = memchr::memchr(b'\n', &here[looked..]).map(|at| looked + at) {
                let line = here[..end].strip_suffix(b"\r").unwrap_or(&here[..end]).to_vec();
                self.taken += end + 1;
                return Ok(line);
            }
            looked = here.len();
            if looked > MAX_LINE {
                return Err((ErrorKind::Parse, "the answer has no end").into());
            }
            self.fill()?;
        }
    }

    /// This many bytes.
    fn bytes(&mut self, length: usize) -> RedisResult<Vec<u8>> {
        let here = length.min(self.filled - self.taken);
        let mut bytes = Vec::with_capacity(if here == length { length } else { length.min(1 << 20) });
        bytes.extend_from_slice(&self.buffer[self.taken..self.taken + here]);
        self.taken += here;
        // How much of it came; after that are zeros.
        let mut came = here;
        while came < length {
            let left = length - came;
            if left < PIECE {
                bytes.truncate(came);
                self.fill()?;
                let here = left.min(self.filled - self.taken);
                bytes.extend_from_slice(&self.buffer[self.taken..self.taken + here]);
                self.taken += here;
                came += here;
            } else {
                // A long text needs no copy. It grows as it comes, not as it is announced.
                if came == bytes.len() {
                    bytes.resize(came + left.min(1 << 20), 0);
                }
                let count = self.stream.reader().read(&mut bytes[came..])?;
                came += count;
                if count == 0 {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
            }
        }
        bytes.truncate(came);
        Ok(bytes)
    }

    /// Takes more from the server.
    fn fill(&mut self) -> RedisResult<()> {
        if self.taken == self.filled {
            (self.taken, self.filled) = (0, 0);
        }
        if self.taken > 0 && self.filled == self.buffer.len() {
            self.buffer.copy_within(self.taken..self.filled, 0);
            (self.taken, self.filled) = (0, self.filled - self.taken);
        }
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled + PIECE, 0);
        }
        let count = self.stream.reader().read(&mut self.buffer[self.filled..])?;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.filled += count;
        Ok(())
    }
}

/// So that the library's commands can be run over it.
impl ConnectionLike for Wire {
    fn req_packed_command(&mut self, command: &[u8]) -> RedisResult<Answer> {
        self.send(command)?;
        self.answer()
    }

    fn req_packed_commands(
        &mut self,
        commands: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Answer>> {
        self.send(commands)?;
        let answers: RedisResult<Vec<Answer>> = (0..offset + count).map(|_| self.answer()).collect();
        Ok(answers?.split_off(offset))
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        !self.broken
    }

    fn is_open(&self) -> bool {
        !self.broken
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A wire, and the server's end of it.
    fn pair() -> (Wire, UnixStream) {
        let (here, there) = UnixStream::pair().unwrap();
        let mut wire = Wire::new(Stream::Plain(here.into()));
        wire.limit(Duration::from_secs(20)).unwrap();
        (wire, there)
    }

    #[test]
    fn answers_are_read_however_they_are_split() {
        let bytes =
            b"+OK\r\n+PONG\r\n:-7\r\n$-1\r\n$0\r\n\r\n$4\r\na\r\nb\r\n*-1\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n";
        let expected = [
            Answer::Okay,
            Answer::SimpleString("PONG".into()),
            Answer::Int(-7),
            Answer::Nil,
            Answer::BulkString(Vec::new()),
            Answer::BulkString(b"a\r\nb".to_vec()),
            Answer::Nil,
            Answer::Array(vec![Answer::BulkString(b"x".to_vec()), Answer::Array(vec![Answer::Int(1)])]),
        ];
        for size in 1..=bytes.len() {
            let (mut wire, mut there) = pair();
            std::thread::scope(|scope| {
                scope.spawn(|| bytes.chunks(size).for_each(|piece| there.write_all(piece).unwrap()));
                for answer in &expected {
                    assert_eq!(&wire.answer().unwrap(), answer, "in pieces of {size}");
                }
            });
        }
        let (mut wire, mut there) = pair();
        let long = vec![b'x'; 300_000];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                there.write_all(b"$300000\r\n").unwrap();
                there.write_all(&long).unwrap();
                there.write_all(b"\r\n:5\r\n").unwrap();
            });
            assert_eq!(wire.answer().unwrap(), Answer::BulkString(long.clone()));
            assert_eq!(wire.answer().unwrap(), Answer::Int(5));
        });
    }

    #[test]
    fn what_is_no_answer_is_an_error_and_the_last_one() {
        let deep = b"*1\r\n".repeat(MAX_DEPTH + 2);
        let announced: [&[u8]; 9] = [
            b"\r\n",
            b"x\r\n",
            b"$5x\r\n",
            b"$-2\r\n",
            b"$2\r\nabc\r\n",
            b"$1000000000\r\n",
            b"*2\r\n$300000000\r\n",
            b":\r\n",
            &deep,
        ];
        for bytes in announced {
            let (mut wire, mut there) = pair();
            there.write_all(bytes).unwrap();
            there.write_all(b":1\r\n").unwrap();
            drop(there);
            assert!(wire.answer().is_err(), "{}", bytes.escape_ascii());
            assert!(wire.answer().is_err() && !wire.is_open());
        }
        let (mut wire, mut there) = pair();
        there.write_all(b"-ERR no\r\n*1\r\n-WRONGTYPE x\r\n:1\r\n").unwrap();
        assert!(matches!(wire.answer(), Ok(Answer::ServerError(_))));
        assert!(
            matches!(wire.answer(), Ok(Answer::Array(parts)) if matches!(parts[0], Answer::ServerError(_)))
        );
        assert_eq!(wire.answer().unwrap(), Answer::Int(1));
    }

    #[test]
    fn waiting_in_vain_breaks_nothing() {
        let (mut wire, mut there) = pair();
        assert!(!wire.ready(Duration::from_millis(5)).unwrap());
        there.write_all(b":1\r\n:2\r\n").unwrap();
        for number in 1..=2 {
            assert!(wire.ready(Duration::from_secs(20)).unwrap());
            assert_eq!(wire.answer().unwrap(), Answer::Int(number));
        }
        assert!(!wire.ready(Duration::from_millis(5)).unwrap());
        drop(there);
        assert!(wire.ready(Duration::from_secs(20)).is_err() && wire.answer().is_err());
    }

    #[test]
    fn an_answer_that_trickles_has_its_time_as_a_whole() {
        let (mut wire, mut there) = pair();
        wire.limit(Duration::from_millis(60)).unwrap();
        let fed = std::thread::spawn(move || {
            let mut many = 0;
            there.write_all(b"$1000000\r\n").unwrap();
            while there.write_all(b"x").is_ok() {
                many += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            many
        });
        let error = wire.answer().unwrap_err();
        assert!(error.is_timeout(), "{error}");
        drop(wire);
        assert!(fed.join().unwrap() < 1_000_000);
    }
}
