//! A pager for what is longer than the screen, as git and gh have it.
//!
//! It is asked for only where people look at a terminal. What fits on the screen is shown at once; only what turns
//! out to be longer goes through the pager, from its first line. Nothing but a screenful is held here: the
//! pager reads as much as it wants to show, and the rest waits in the store.

use std::ffi::OsString;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::{Child, Command, Stdio};

use super::Ui;

/// Lines that come after what is shown: what it was, and the shell's prompt.
const BELOW: usize = 2;

/// What makes a command one for a shell.
const FOR_A_SHELL: &str = "|&;<>()$`\\\"'*?[#~=%\n";

/// The pager of this user: `$SESSCTL_PAGER`, `$PAGER`, or less. One that is empty, or is cat, is none.
pub(super) fn chosen() -> Option<OsString> {
    let named = ["SESSCTL_PAGER", "PAGER"].into_iter().find_map(std::env::var_os);
    let command = named.unwrap_or_else(|| "less".into());
    let text = command.to_string_lossy();
    (!matches!(text.trim(), "" | "cat")).then_some(command)
}

fn start(pager: &OsString) -> io::Result<Child> {
    let text = pager.to_string_lossy();
    let mut command = if text.contains(|char| FOR_A_SHELL.contains(char)) {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(pager);
        shell
    } else {
        let mut words = text.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command
    };
    // Colours are let through, and what was shown stays on the screen afterwards.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::piped()).spawn()
}

/// Where data for people goes.
#[derive(Debug)]
pub struct Pages {
    out: BufWriter<StdoutLock<'static>>,
    /// The pager, and the lines that need none; nothing where none is wanted.
    pager: Option<(OsString, usize)>,
    /// What was written while it is not decided, and how much of that is on the screen.
    held: Vec<u8>,
    shown: usize,
    lines: usize,
    open: Option<Child>,
    /// Nothing else is on the screen, so the pager may have it as soon as it is wanted.
    eager: bool,
}

impl Pages {
    /// Onto stdout, and through the pager if it is longer than a screen of this many rows.
    pub(super) fn new(out: BufWriter<StdoutLock<'static>>, pager: Option<(OsString, usize)>) -> Pages {
        let pager = pager.map(|(command, rows)| (command, rows.saturating_sub(BELOW)));
        Pages { out, pager, held: Vec::new(), shown: 0, lines: 0, open: None, eager: false }
    }

    /// Onto stdout, however long it is.
    pub fn plain(ui: &Ui) -> Pages {
        Pages::new(ui.out(), None)
    }

    /// Whether it is longer than the screen, and no pager has it yet.
    pub fn is_long(&self) -> bool {
        self.open.is_none() && self.pager.as_ref().is_some_and(|(_, fits)| self.lines > *fits)
    }

    /// Whether the pager has the screen.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Lets the pager have the screen from now on as soon as it is wanted, so that nothing has to be held for it.
    pub fn release(&mut self) {
        self.eager = true;
    }

    /// Gives the screen to the pager. Nothing else may be on it from now on.
    pub fn open(&mut self) -> io::Result<()> {
        let Some((pager, _)) = &self.pager else { return Ok(()) };
        self.out.flush()?;
        let Ok(child) = start(pager) else {
            self.pager = None;
            return self.show();
        };
        // Ctrl-C is the pager's then; it asks us to stop, and no more than that.
        super::one_signal_is_as_good_as_two();
        let held = std::mem::take(&mut self.held);
        self.open.insert(child).stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(&held))
    }

    /// Shows what is not on the screen yet.
    fn show(&mut self) -> io::Result<()> {
        let new = self.shown.min(self.held.len());
        self.shown = self.held.len();
        self.out.write_all(&self.held[new..])?;
        if self.pager.is_none() {
            self.held = Vec::new();
            self.shown = 0;
        }
        self.out.flush()
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(stdin) = self.open.as_mut().and_then(|pager| pager.stdin.as_mut()) {
            return stdin.write(bytes);
        }
        if self.pager.is_none() {
            return self.out.write(bytes);
        }
        self.lines += memchr::memchr_iter(b'\n', bytes).count();
        self.held.extend_from_slice(bytes);
        if self.eager && self.is_long() {
            self.open()?;
        }
        Ok(bytes.len())
    }

    /// Shows what fits on the screen; what does not waits for [`Pages::open`], or for the end.
    fn flush(&mut self) -> io::Result<()> {
        if let Some(stdin) = self.open.as_mut().and_then(|pager| pager.stdin.as_mut()) {
            return stdin.flush();
        }
        if self.is_long() { Ok(()) } else { self.show() }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // One who leaves the pager early has seen enough, and a terminal that is gone shows nothing.
        if self.is_long() {
            let _ = self.open();
        } else if self.open.is_none() {
            let _ = self.show();
        }
        if let Some(mut pager) = self.open.take() {
            drop(pager.stdin.take());
            let _ = pager.wait();
        }
    }
}
