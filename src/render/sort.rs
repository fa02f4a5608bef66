//! `--sort`: rows that have to wait for all the others.
//!
//! A row waits as it will be written, together with a key of bytes whose plain order is the wanted
//! one: descending columns are written inverted, and what is not known sorts last either way. With a
//! limit only that many rows are kept, so that "the ten oldest" of a million cost ten rows.

use std::collections::BinaryHeap;

use super::column::Datum;
use super::columns::{Column, Sessions, by_name};
use crate::fault::Usage;
use crate::layout::session::Session;
use crate::select::parse_address;
use crate::store::Need;

/// The order that was asked for: columns, each with whether it is descending.
#[derive(Debug, Clone, Default)]
pub struct Sort {
    by: Vec<(&'static Column, bool)>,
}

impl Sort {
    /// `user,-seen` or `user,seen:desc`: names with commas in between.
    pub fn parse(text: &str) -> Result<Sort, Usage> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let by = names.map(|name| {
            let (name, descending) = direction(name);
            Ok((by_name(name)?, descending))
        });
        let by = by.collect::<Result<Vec<_>, Usage>>()?;
        if by.is_empty() {
            return Err(Usage::new("--sort names no column").hint("such as --sort user,-seen"));
        }
        Ok(Sort { by })
    }

    /// The other way round. What is not known still comes last.
    #[must_use]
    pub fn reversed(mut self) -> Sort {
        self.by.iter_mut().for_each(|(_, descending)| *descending = !*descending);
        self
    }

    /// What must be asked of the server.
    pub fn need(&self) -> Need {
        self.by.iter().fold(Need::NOTHING, |need, (column, _)| need.and(column.need))
    }

    /// The sort key of a session.
    fn key(&self, session: &Session<'_>) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.by.len() * 16);
        for (column, descending) in &self.by {
            push(&mut key, &column.members[0], session, *descending);
        }
        key
    }
}

/// The name of what is sorted by, and whether descending: `-seen`, `seen:desc`; `seen`, `+seen`, `seen:asc`.
pub(super) fn direction(text: &str) -> (&str, bool) {
    if let Some(name) = text.strip_prefix('-') {
        return (name, true);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    match text.rsplit_once(':') {
        Some((name, way)) if way.eq_ignore_ascii_case("desc") => (name, true),
        Some((name, way)) if way.eq_ignore_ascii_case("asc") => (name, false),
        _ => (text, false),
    }
}

/// Appends one column: a byte that puts the unknown last, then bytes in the order of what they mean.
fn push(
    key: &mut Vec<u8>,
    member: &super::column::Member<Sessions>,
    session: &Session<'_>,
    descending: bool,
) {
    let start = key.len() + 1;
    key.push(0);
    match (member.get)(session) {
        Datum::Null => key[start - 1] = 1,
        Datum::Id(own) | Datum::Key { key: own, .. } | Datum::Bytes(own) => bytes(key, own),
        Datum::Owned(own) => bytes(key, own.as_bytes()),
        Datum::Text(own) if member.name == "ip" => address(key, own),
        Datum::Text(own) if member.name == "user" => user(key, own),
        Datum::Text(own) => bytes(key, own.as_bytes()),
        Datum::Bool(truth) => key.push(u8::from(!truth)),
        Datum::Number(number) => key.extend_from_slice(&number.to_be_bytes()),
        // The sign bit turned puts the years before 1970 first.
        Datum::Time(ms) => key.extend_from_slice(&(ms as u64 ^ 1 << 63).to_be_bytes()),
        Datum::Names(names) => bytes(key, names.join("+").as_bytes()),
        Datum::Json(value) => bytes(key, value.to_string().as_bytes()),
    }
    if descending {
        key[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// Text ends with two zeros, and a zero within it is followed by one that is none, so that a string
/// sorts before what it is a beginning of, whatever column follows.
fn bytes(key: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        key.push(*byte);
        if *byte == 0 {
            key.push(1);
        }
    }
    key.extend_from_slice(&[0, 0]);
}

/// Users that are numbers come first and sort as numbers: 9 before 10.
fn user(key: &mut Vec<u8>, user: &str) {
    let canonical = user == "0" || !user.starts_with('0');
    match user.parse::<u64>() {
        Ok(number) if canonical && !user.starts_with('+') => {
            key.push(0);
            key.extend_from_slice(&number.to_be_bytes());
        }
        _ => {
            key.push(1);
            bytes(key, user.as_bytes());
        }
    }
}

/// IPv4 before IPv6, each by its number; what is not an address comes last.
fn address(key: &mut Vec<u8>, text: &str) {
    match parse_address(text) {
        Some(std::net::IpAddr::V4(address)) => {
            key.push(4);
            key.extend_from_slice(&address.octets());
        }
        Some(std::net::IpAddr::V6(address)) => {
            key.push(6);
            key.extend_from_slice(&address.octets());
        }
        None => {
            key.push(7);
            bytes(key, text.as_bytes());
        }
    }
}

/// A waiting row.
#[derive(Debug)]
struct Waiting<R> {
    key: Vec<u8>,
    /// Equal rows stay in the order in which they came.
    came: u64,
    row: R,
}

impl<R> Waiting<R> {
    fn place(&self) -> (&[u8], u64) {
        (&self.key, self.came)
    }
}

impl<R> PartialEq for Waiting<R> {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl<R> Eq for Waiting<R> {}

impl<R> PartialOrd for Waiting<R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Ord for Waiting<R> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

/// The rows that wait, in the form `R` that they will be written from.
#[derive(Debug)]
pub(super) struct Sorter<R> {
    sort: Sort,
    limit: Option<usize>,
    /// The largest on top, so that it can make room.
    kept: BinaryHeap<Waiting<R>>,
    /// Without a limit the rows are sorted once at the end.
    all: Vec<Waiting<R>>,
    came: u64,
}

impl<R> Sorter<R> {
    pub(super) fn new(sort: Sort, limit: Option<usize>) -> Self {
        Sorter { sort, limit, kept: BinaryHeap::new(), all: Vec::new(), came: 0 }
    }

    /// Takes a row; it is rendered only if it is kept.
    pub(super) fn add(&mut self, session: &Session<'_>, render: impl FnOnce() -> R) {
        let key = self.sort.key(session);
        let came = self.came;
        self.came += 1;
        match self.limit {
            None => self.all.push(Waiting { key, came, row: render() }),
            Some(0) => {}
            Some(limit) => {
                if self.kept.len() == limit {
                    // Of equal rows the earlier one stays.
                    if self.kept.peek().is_some_and(|last| key >= last.key) {
                        return;
                    }
                    self.kept.pop();
                }
                self.kept.push(Waiting { key, came, row: render() });
            }
        }
    }

    /// The rows in their order.
    pub(super) fn into_rows(self) -> impl Iterator<Item = R> {
        let mut rows = if self.limit.is_some() { self.kept.into_vec() } else { self.all };
        rows.sort_unstable();
        rows.into_iter().map(|waiting| waiting.row)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{NOW, session};
    use super::*;
    use crate::frameworks::node::connect_redis;
    use crate::layout::Setup;
    use crate::store::Ttl;

    fn order(sort: &str, limit: Option<usize>) -> String {
        let setup = Setup::free(&connect_redis::LAYOUT);
        let rows: [(&str, &str, Ttl, Option<i64>, &str); 5] = [
            ("a", "10", Ttl::In(5), Some(NOW), "10.0.0.2"),
            ("b", "9", Ttl::Never, None, "9.0.0.1"),
            ("c", "bob", Ttl::In(500), Some(-5), "::1"),
            ("d", "", Ttl::In(50), Some(0), "10.0.0.10"),
            ("e", "alice", Ttl::In(5), Some(NOW), "x"),
        ];
        let mut sorter = Sorter::new(Sort::parse(sort).unwrap(), limit);
        for (id, user, ttl, created, ip) in rows {
            let mut session = session(&setup, b"sess:", id.as_bytes());
            session.facts.user = (!user.is_empty()).then(|| user.into());
            session.facts.created = created;
            session.facts.ip = Some(ip.into());
            session.ttl = ttl;
            sorter.add(&session, || id.to_string());
        }
        sorter.into_rows().collect()
    }

    #[test]
    fn orders() {
        let table = [
            ("id", "abcde"),
            ("-id", "edcba"),
            ("user", "baecd"),
            ("-user", "ceabd"),
            ("ttl", "aedcb"),
            ("-ttl", "cdaeb"),
            ("created", "cdaeb"),
            ("ttl,-id", "eadcb"),
            ("ttl:asc,id:DESC", "eadcb"),
            ("user:desc", "ceabd"),
            ("ip", "badce"),
        ];
        for (sort, expected) in table {
            assert_eq!(order(sort, None), expected, "{sort}");
            for limit in 0..7 {
                assert_eq!(order(sort, Some(limit)), expected[..limit.min(5)], "{sort} {limit}");
            }
        }
    }

    #[test]
    fn errors_and_needs() {
        assert_eq!(Sort::parse("-size").unwrap_err().what, "unknown column `size`");
        assert!(Sort::parse(",").is_err());
        assert_eq!(Sort::parse("id,-bytes").unwrap().need(), Need::MEMORY);
    }

    #[test]
    fn a_beginning_sorts_first() {
        let of = |text: &[u8]| {
            let mut key = Vec::new();
            bytes(&mut key, text);
            key
        };
        assert!(
            of(b"a") < of(b"ab")
                && of(b"a") < of(b"a\0")
                && of(b"a\0") < of(b"a\0\0")
                && of(b"a\0b") < of(b"ab")
        );
    }
}
