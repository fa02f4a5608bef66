//! Whether a log is as it was written.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value as Json};

use super::{BROKEN, Head, ZEROS, digest};

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Counted from 1; `None` where it is about the file as a whole.
    pub line: Option<u64>,
    pub what: String,
}

/// What a check of a log came to.
#[derive(Debug, Default)]
pub struct Verdict {
    pub lines: u64,
    pub runs: u64,
    /// Runs with a beginning and no end: still going on, or cut short.
    pub open: Vec<String>,
    /// The digest of the last line, to be kept elsewhere.
    pub head: String,
    pub findings: Vec<Finding>,
    /// Whether a line with the digest that was asked for is there.
    pub holds: bool,
}

/// Findings that are told; a file that is something else altogether has one a line.
const MAX_FINDINGS: usize = 20;

impl Verdict {
    fn find(&mut self, line: Option<u64>, what: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { line, what: what.into() });
        }
    }
}

/// Reads a log from beginning to end. `wanted` is the digest of a line that should be in it. `None`
/// where there neither is nor was a log.
pub fn verify(path: &Path, wanted: Option<&str>) -> io::Result<Option<Verdict>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Head::read(path)?.filter(|head| head.lines > 0).map(|head| {
                let mut verdict = Verdict { head: ZEROS.to_string(), ..Verdict::default() };
                verdict.find(None, format!("the log is gone; {}", noted(&head)));
                verdict
            }));
        }
        Err(error) => return Err(error),
    };
    // Nobody adds a line meanwhile.
    file.lock_shared()?;
    let head = Head::read(path)?;
    told(BufReader::with_capacity(256 << 10, file), head.as_ref(), wanted).map(Some)
}

/// What is to be said of these bytes as a log, with the note beside it.
pub fn verdict(log: &[u8], head: Option<&[u8]>) -> io::Result<Verdict> {
    told(log, head.map(Head::of).as_ref(), None)
}

fn told(mut from: impl BufRead, head: Option<&Head>, wanted: Option<&str>) -> io::Result<Verdict> {
    let mut chain = Chain::new(wanted);
    let mut line = Vec::new();
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let ended = line.pop_if(|byte| *byte == b'\n').is_some();
        // What a program that died has left behind will be completed by the next.
        let pending = head.filter(|head| head.lines == chain.verdict.lines);
        if !ended
            && pending
                .and_then(|head| head.next.as_ref())
                .is_some_and(|next| next.as_bytes().starts_with(&line))
        {
            break;
        }
        chain.add(&line, ended);
    }
    Ok(chain.close(head))
}

fn noted(head: &Head) -> String {
    if head.bytes == u64::MAX {
        return "the record of where it ends is unreadable".to_string();
    }
    format!("the record next to it counts {} lines", head.lines)
}

/// The chain so far.
struct Chain<'w> {
    verdict: Verdict,
    wanted: Option<&'w str>,
    /// The digests of all lines, to recognise what was put in between.
    digests: Vec<String>,
    /// The line before does not fit what this one says of it; which of the two is wrong is told by
    /// the next.
    doubt: bool,
}

impl Chain<'_> {
    fn new(wanted: Option<&str>) -> Chain<'_> {
        let verdict = Verdict { holds: wanted.is_none(), ..Verdict::default() };
        Chain { verdict, wanted, digests: Vec::new(), doubt: false }
    }

    fn add(&mut self, line: &[u8], ended: bool) {
        self.verdict.lines += 1;
        let number = self.verdict.lines;
        let own = digest(line);
        self.verdict.holds |= self.wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case(&own));
        let parsed = serde_json::from_slice::<Map<String, Json>>(line).ok();
        let before = self.digests.last().map_or(ZEROS, String::as_str).to_string();
        self.digests.push(own);
        if !ended {
            self.verdict.find(Some(number), "it was cut short: the line break is missing");
        }
        let Some(parsed) = parsed else {
            self.settle(number, true);
            self.verdict.find(Some(number), "sessctl never wrote this line: it was altered or inserted");
            return;
        };
        let text = |name: &str| parsed.get(name).and_then(Json::as_str);
        let prev = text("prev").unwrap_or_default();
        let fits = prev == before;
        self.settle(number, fits);
        if !fits {
            self.misfit(number, prev, parsed.get("seq").and_then(Json::as_u64));
        }
        if let Some(why) = text(BROKEN) {
            self.verdict.find(Some(number), format!("before it was written, {why}"));
        }
        match (text("event"), text("run")) {
            (Some("start"), Some(run)) => {
                self.verdict.runs += 1;
                self.verdict.open.push(run.to_string());
            }
            (Some("end"), Some(run)) => self.verdict.open.retain(|open| open != run),
            _ => {}
        }
    }

    /// A line that does not follow from the one before it.
    fn misfit(&mut self, number: u64, prev: &str, seq: Option<u64>) {
        let at = self.digests.len() - 1;
        // It follows from an earlier line: what stands between was put in.
        let earlier = if prev == ZEROS {
            Some(0)
        } else {
            self.digests[..at].iter().rposition(|digest| digest == prev).map(|found| found + 1)
        };
        if let Some(earlier) = earlier.filter(|earlier| *earlier < at) {
            let first = earlier as u64 + 1;
            let last = number - 1;
            if first == last {
                self.verdict.find(Some(first), "it was inserted: the next line does not refer to it");
            } else {
                self.verdict.find(
                    Some(first),
                    format!("lines {first} to {last} were inserted: line {number} does not refer to them"),
                );
            }
        } else if seq.is_some_and(|seq| seq > number) && number == 1 {
            self.verdict.find(Some(1), "the lines before it are missing");
        } else if let Some(missing) = seq.and_then(|seq| seq.checked_sub(number)).filter(|n| *n > 0) {
            let lines = if missing == 1 { "a line is".to_string() } else { format!("{missing} lines are") };
            self.verdict.find(Some(number), format!("before it {lines} missing"));
        } else {
            self.doubt = true;
        }
    }

    /// Decides the open question of the line before: if this line fits that one, then that one is as
    /// it was written, and what it disagreed with was altered.
    fn settle(&mut self, number: u64, fits: bool) {
        if !std::mem::take(&mut self.doubt) {
            return;
        }
        let line = if fits && number > 2 { number - 2 } else { number - 1 };
        self.verdict.find(Some(line), "it was altered: it does not fit the lines around it");
    }

    fn close(mut self, head: Option<&Head>) -> Verdict {
        let lines = self.verdict.lines;
        let last = self.digests.last().map_or(ZEROS, String::as_str).to_string();
        let counted = head.map(|head| {
            let advanced = head.clone().advance();
            if head.next.is_some() && advanced.sha256 == last { advanced } else { head.clone() }
        });
        let fits = counted.as_ref().is_some_and(|head| head.sha256 == last);
        self.settle(lines + 1, fits);
        match counted {
            None if lines == 0 => {}
            None => self.verdict.find(
                None,
                "the record of where the log ends (audit.head) is missing: lines may be missing at the end",
            ),
            Some(_) if fits => {}
            Some(head) if head.bytes == u64::MAX => self.verdict.find(None, noted(&head)),
            Some(head) if head.lines > lines => {
                let what = format!("the end is missing: {}, but there are {lines}", noted(&head));
                self.verdict.find(Some(lines + 1), what);
            }
            Some(head) if head.lines < lines => {
                let at = usize::try_from(head.lines).unwrap_or(usize::MAX);
                let known = at == 0 || self.digests.get(at - 1) == Some(&head.sha256);
                let what = if known {
                    format!("it was inserted after the end: {}", noted(&head))
                } else {
                    format!("{}, and there are {lines}", noted(&head))
                };
                self.verdict.find(Some(head.lines + 1), what);
            }
            Some(_) if self.verdict.findings.is_empty() => self.verdict.find(
                Some(lines),
                "it was altered: its digest differs from the one recorded when it was written",
            ),
            Some(_) => {}
        }
        if !self.verdict.holds {
            self.verdict.find(None, "no line has the digest given");
        }
        self.verdict.head = last;
        self.verdict.findings.sort_by_key(|finding| finding.line.unwrap_or(u64::MAX));
        self.verdict.findings.dedup();
        self.verdict
    }
}
