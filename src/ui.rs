//! The terminal: what is one, its width and colours, progress, notes and questions.
//!
//! Data goes to stdout through [`Ui::out`]; everything else goes to stderr. Nothing that came from a
//! store, a file or a cookie may be written without [`crate::text::safe::safe`].

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufWriter, IsTerminal, Read as _, StdoutLock, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signal_hook::SigId;
use unicode_width::UnicodeWidthStr as _;

use crate::text::glyph;
use crate::text::safe::safe;

pub mod full;
mod pager;

pub use pager::Pages;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// Nobody is there to be asked.
    NoTerminal,
}

/// What is known of the terminal, decided once a run.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Ui {
    pub stdin_terminal: bool,
    pub stdout_terminal: bool,
    pub stderr_terminal: bool,
    /// Colour on stdout.
    pub color: bool,
    /// Colour on stderr.
    pub color_err: bool,
    /// No notes and no progress; warnings and errors stay.
    pub quiet: bool,
    /// Details, too.
    pub verbose: bool,
    /// What is longer than the screen may go through a pager.
    pub pages: bool,
    /// What is written to stdout goes into another program, which may be one that shows it on this
    /// very terminal.
    piped: bool,
    /// The bar that is on the screen, so that notes do not break it.
    bar: RefCell<Option<ProgressBar>>,
}

impl Ui {
    pub fn new(color: Color, quiet: bool) -> Ui {
        let stdout_terminal = io::stdout().is_terminal();
        let stderr_terminal = io::stderr().is_terminal();
        Ui {
            stdin_terminal: io::stdin().is_terminal(),
            stdout_terminal,
            stderr_terminal,
            color: wants_color(color, stdout_terminal),
            color_err: wants_color(color, stderr_terminal),
            quiet,
            verbose: false,
            pages: true,
            piped: is_piped(),
            bar: RefCell::new(None),
        }
    }

    /// The columns of the terminal that stdout is; `None` when it is none.
    pub fn width(&self) -> Option<usize> {
        if self.stdout_terminal { columns() } else { None }
    }

    /// The columns and rows of the terminal that stderr is; `None` when it is none.
    pub fn screen(&self) -> Option<(usize, usize)> {
        let size = terminal_size::terminal_size_of(io::stderr()).filter(|_| self.stderr_terminal)?;
        Some((usize::from(size.0.0), usize::from(size.1.0)))
    }

    /// Stdout, locked and buffered. The caller flushes, so that a broken pipe is noticed.
    pub fn out(&self) -> BufWriter<StdoutLock<'static>> {
        BufWriter::with_capacity(64 * 1024, io::stdout().lock())
    }

    /// Stdout for what people read, through a pager where it is longer than the screen. It has the screen until it is
    /// dropped; what is said after that follows.
    pub fn pages(&self) -> Pages {
        let size = terminal_size::terminal_size_of(io::stdout()).filter(|_| self.stdout_terminal);
        let rows = size.map(|(_, rows)| usize::from(rows.0)).filter(|rows| self.pages && *rows > 0);
        let wanted = rows.filter(|_| self.stdin_terminal && !is_dumb());
        Pages::new(self.out(), wanted.and_then(|rows| Some((pager::chosen()?, rows))))
    }

    /// What happens or has happened, unless `--quiet`.
    pub fn status(&self, text: impl fmt::Display) {
        if !self.quiet {
            self.line(&wrapped(&safe(&text.to_string()), 0));
        }
    }

    /// Something worth knowing besides, unless `--quiet`.
    pub fn note(&self, text: impl fmt::Display) {
        self.status(format_args!("note: {text}"));
    }

    /// What to do about it, unless `--quiet`.
    pub fn hint(&self, text: impl fmt::Display) {
        self.status(format_args!("hint: {text}"));
    }

    /// Something that only those want to know who ask for more, with `--verbose`.
    pub fn detail(&self, text: impl fmt::Display) {
        if self.verbose {
            self.status(text);
        }
    }

    /// Something that should not be overlooked.
    pub fn warn(&self, text: impl fmt::Display) {
        let (on, off) = if self.color_err { ("\x1b[1;33m", "\x1b[0m") } else { ("", "") };
        let text = format!("warning: {}", safe(&text.to_string()));
        self.line(&wrapped(&text, 0).replacen("warning:", &format!("{on}warning:{off}"), 1));
    }

    /// Several lines on stderr, such as what a question is about; what does not fit goes on with
    /// `hang` blanks before it. The caller has made them safe; what he has [`JOINED`] stays on a line.
    pub fn tell(&self, lines: &str, hang: usize) {
        for line in lines.lines() {
            self.line(&wrapped(line, hang).replace(JOINED, " "));
        }
    }

    fn line(&self, text: &str) {
        let text = glyph::own(text);
        let write = || {
            // Nothing useful can be done when stderr is closed.
            let _ = writeln!(io::stderr().lock(), "{text}");
        };
        match &*self.bar.borrow() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// A bar, or a spinner where no total is known. It appears after a second, on a terminal only, and
    /// not where a pager may have the screen.
    pub fn progress(&self, what: &'static str, total: Option<u64>) -> Progress<'_> {
        let wanted = self.stderr_terminal && !self.quiet && !self.piped;
        Progress { ui: self, what, total, done: 0, started: Instant::now(), wanted }
    }

    /// Asks for a number that shows that the question was read; any other answer is no.
    pub fn confirm_number(&self, question: &str, number: u64) -> Answer {
        self.ask(&format!("{question} Type their number"), |text| text == number.to_string())
    }

    /// Asks on the terminal; everything but a plain yes is no.
    pub fn confirm(&self, question: &str) -> Answer {
        // A whole line is read: of single keys, the `y` of `maybe` would do.
        self.ask(&format!("{question} [y/N]"), |text| matches!(&*text.to_ascii_lowercase(), "y" | "yes"))
    }

    fn ask(&self, question: &str, is_yes: impl Fn(&str) -> bool) -> Answer {
        if !self.stdin_terminal || !self.stderr_terminal {
            return Answer::NoTerminal;
        }
        // Nothing useful can be done when stderr is closed.
        let _ = write!(io::stderr().lock(), "{}: ", wrapped(&safe(question), 0));
        if let Some(text) = line() {
            return if is_yes(text.trim()) { Answer::Yes } else { Answer::No };
        }
        // The end of the input and Ctrl-C leave the line open.
        let _ = writeln!(io::stderr().lock());
        Answer::No
    }
}

/// Whether stdout is a pipe or a socket, as some shells make them of pipes.
fn is_piped() -> bool {
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let kind = stdout.and_then(|file| file.metadata()).map(|about| about.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
}

/// A whole line from stdin; none where the input ends before it does, and where someone asks to stop.
fn line() -> Option<String> {
    let (send, answer) = channel();
    // What waits for a line does not notice a signal: it waits in a thread of its own.
    let read = thread::Builder::new().name("answer".to_string()).spawn(move || {
        let mut line = Vec::new();
        let read = io::stdin().lock().take(MAX_ANSWER).read_until(b'\n', &mut line);
        let whole = read.is_ok() && line.ends_with(b"\n");
        // Nobody listens any more where the program was asked to stop.
        let _ = send.send(whole.then(|| String::from_utf8_lossy(&line).into_owned()));
    });
    if read.is_err() {
        return None;
    }
    loop {
        match answer.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => return line,
            Err(RecvTimeoutError::Timeout) if !interrupted() => {}
            Err(_) => return None,
        }
    }
}

/// Bytes of an answer; anyone who types more means no.
const MAX_ANSWER: u64 = 1024;

/// A blank at which no line is broken.
pub const JOINED: char = '\u{a0}';

/// How many lines of the screen such lines take when they are told.
pub fn height(lines: &str, hang: usize) -> usize {
    lines.lines().map(|line| wrapped(line, hang).lines().count().max(1)).sum()
}

/// The columns of the terminal that stdout is; `None` when it is none.
pub fn columns() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(stdout).map(|(width, _)| usize::from(width.0))
}

/// Text broken between words where stderr is a terminal and too narrow for it.
pub fn wrapped(text: &str, hang: usize) -> Cow<'_, str> {
    let stderr = io::stderr();
    if !stderr.is_terminal() {
        return Cow::Borrowed(text);
    }
    match terminal_size::terminal_size_of(stderr) {
        Some((width, _)) => wrap(text, usize::from(width.0), hang),
        None => Cow::Borrowed(text),
    }
}

/// Text broken between words, going on with `hang` blanks; a word that is wider than the terminal is
/// left to it.
pub fn wrap(text: &str, width: usize, hang: usize) -> Cow<'_, str> {
    if text.width() <= width || width < hang + 20 {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut taken = 0;
    for word in text.split_inclusive(' ') {
        if taken > hang && taken + word.trim_end_matches(' ').width() > width {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            taken = hang;
        }
        out.push_str(word);
        taken += word.width();
    }
    Cow::Owned(out)
}

/// `--color` decides; otherwise a terminal, unless `NO_COLOR` is set or it is a dumb one.
fn wants_color(color: Color, terminal: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            terminal && !no_color && !is_dumb()
        }
    }
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// How far something is; it disappears when it is dropped.
#[derive(Debug)]
pub struct Progress<'u> {
    ui: &'u Ui,
    what: &'static str,
    total: Option<u64>,
    done: u64,
    started: Instant,
    wanted: bool,
}

impl Progress<'_> {
    const DELAY: Duration = Duration::from_secs(1);

    /// Advances by this many.
    pub fn add(&mut self, more: u64) {
        self.reach(self.done + more);
    }

    /// Advances to this many in all.
    pub fn reach(&mut self, done: u64) {
        self.done = done;
        if !self.wanted {
            return;
        }
        let mut shown = self.ui.bar.borrow_mut();
        if let Some(bar) = &*shown {
            bar.set_position(self.done);
        } else if self.started.elapsed() >= Self::DELAY {
            let bar = self.bar();
            bar.set_position(self.done);
            // What was done before it was shown came in one jump.
            bar.reset_eta();
            *shown = Some(bar);
        }
    }

    /// A word next to the bar, such as how many were found; how fast it goes, where there is none.
    pub fn say(&self, text: impl fmt::Display) {
        if let Some(bar) = &*self.ui.bar.borrow() {
            let text = text.to_string();
            bar.set_message(match text.as_str() {
                "" => format!("{:.0}/s", bar.per_sec()),
                text => safe(text).into_owned(),
            });
        }
    }

    /// Takes the bar off the screen for good.
    pub fn hide(&mut self) {
        self.wanted = false;
        if let Some(bar) = self.ui.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    /// Runs something that writes to the same terminal without breaking the bar.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        let bar = self.ui.bar.borrow().clone();
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn bar(&self) -> ProgressBar {
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let bar = match self.total {
            Some(total) => ProgressBar::with_draw_target(Some(total), target),
            None => ProgressBar::with_draw_target(None, target),
        };
        let template = match self.total {
            Some(_) => "{prefix} {wide_bar} {human_pos}/{human_len} {eta} left {msg}",
            None => "{spinner} {prefix} {human_pos} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars(glyph::bar()));
        }
        bar.with_prefix(self.what).with_elapsed(self.started.elapsed())
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = self.ui.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// What ends the program at the second signal.
static SECOND: Mutex<Vec<SigId>> = Mutex::new(Vec::new());

/// Makes the first Ctrl-C (or TERM, or a closed terminal) a request to stop, and the second one an end on the spot. Until
/// this is called, and where it does not work, the first one ends the program.
///
/// SIGPIPE is ignored from the start by Rust's runtime: a closed pipe comes back as an I/O error.
pub fn watch_signals() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    INTERRUPTED.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the first signal finds the flag unset and only sets it.
            let second = signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag));
            if let (Ok(second), Ok(mut all)) = (second, SECOND.lock()) {
                all.push(second);
            }
            let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
        }
        flag
    });
}

/// From now on a signal is a request to stop, however often it comes: a pager has the terminal, and anyone who ends us
/// under it would leave it fighting with the shell.
fn one_signal_is_as_good_as_two() {
    watch_signals();
    if let Ok(mut all) = SECOND.lock() {
        all.drain(..).for_each(|second| {
            signal_hook::low_level::unregister(second);
        });
    }
}

/// Lets a write beyond the permitted size of a file (`ulimit -f`) fail, as one to a full disk does:
/// the signal that the system sends would end the program in the middle of a change, without a word.
/// It is caught and not ignored, so that programs which are started from here are not affected.
pub fn survive_full_files() {
    let noticed = Arc::new(AtomicBool::new(false));
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed);
}

/// Has the system write no image of the memory should the program crash: sessions would be in it, and a
/// password. Programs that are started from here may ask for more again.
pub fn leave_no_core() {
    let limit = getrlimit(Resource::Core);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: limit.maximum });
}

/// Whether the user asked to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_break_between_words() {
        let text = "  users     alice, bob, carol and dave";
        assert_eq!(wrap(text, 40, 12), text);
        assert_eq!(wrap(text, 32, 12), "  users     alice, bob, carol\n            and dave");
        assert_eq!(wrap("one two", 5, 4), "one two", "too narrow to be worth it");
        let long = "x".repeat(30);
        assert_eq!(wrap(&format!("a {long} b"), 24, 0), format!("a\n{long}\nb"));
    }

    #[test]
    fn color_follows_the_option_first() {
        assert!(wants_color(Color::Always, false));
        assert!(!wants_color(Color::Never, true));
        assert!(!wants_color(Color::Auto, false));
    }

    #[test]
    fn nobody_is_asked_without_a_terminal() {
        let ui = Ui { stdin_terminal: false, ..Ui::new(Color::Never, true) };
        assert_eq!(ui.confirm("End them?"), Answer::NoTerminal);
    }
}
