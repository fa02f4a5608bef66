//! The whole terminal, for what is looked at while it changes.
//!
//! Whatever way the program ends, the terminal is left as it was: on return, by an error, by a panic of any
//! thread, and by the signals that [`super::watch_signals`] turns into a request to stop.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::terminal::Terminal;
use ratatui_crossterm::CrosstermBackend;
use ratatui_crossterm::crossterm::cursor::Show;
use ratatui_crossterm::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui_crossterm::crossterm::execute;
use ratatui_crossterm::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::text::glyph;
use crate::text::safe::safe;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Plain,
    Strong,
    Dim,
    Good,
    Bad,
    /// What the next key is about.
    Chosen,
}

/// A line of the screen, in pieces.
pub type Line = Vec<(String, Tone)>;

/// What somebody does at the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
    Up,
    Down,
    PageUp,
    PageDown,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    Suspend,
    /// The terminal has another size.
    Resized,
    Other,
}

/// Whether the terminal is not as it was.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
pub struct Full {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
    /// Where keys come from, unless that is the standard input.
    keys: Option<File>,
    color: bool,
    /// The terminal had other sizes meanwhile, and may have moved what was on it about, whatever its size is now.
    stale: bool,
}

impl Full {
    /// Takes the terminal.
    pub fn enter(color: bool) -> io::Result<Full> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                // What is said of a panic would go with the screen that it is written to.
                leave();
                before(panic);
            }));
        });
        let keys = if io::stdin().is_terminal() { None } else { Some(File::open("/dev/tty")?) };
        take()?;
        match Terminal::new(CrosstermBackend::new(io::stdout())) {
            Ok(terminal) => Ok(Full { terminal, keys, color, stale: false }),
            Err(error) => {
                leave();
                Err(error)
            }
        }
    }

    /// Shows lines, made for so many columns and rows as there are now.
    pub fn draw(&mut self, lines: impl FnOnce(usize, usize) -> Vec<Line>) -> io::Result<()> {
        let color = self.color;
        if std::mem::take(&mut self.stale) {
            self.anew()?;
        }
        self.terminal.draw(|frame| {
            let area = frame.area();
            let lines = lines(usize::from(area.width), usize::from(area.height));
            put(frame.buffer_mut(), area, &lines, color);
        })?;
        Ok(())
    }

    /// Waits so long for a key. A terminal that is gone is an error.
    pub fn key(&mut self, wait: Duration) -> io::Result<Option<Key>> {
        // What was typed fast may have been read already.
        self.wait(Duration::ZERO)?;
        if !event::poll(Duration::ZERO)? {
            self.wait(wait)?;
            if !event::poll(Duration::ZERO)? {
                return Ok(None);
            }
        }
        Ok(match event::read()? {
            Event::Resize(..) => {
                self.stale = true;
                Some(Key::Resized)
            }
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                Some(match key.code {
                    KeyCode::Char('c') if control => Key::Interrupt,
                    KeyCode::Char('z') if control => Key::Suspend,
                    KeyCode::Char(_) if control => Key::Other,
                    KeyCode::Char(char) => Key::Char(char),
                    KeyCode::Enter => Key::Enter,
                    KeyCode::Esc => Key::Escape,
                    KeyCode::Tab => Key::Tab,
                    KeyCode::BackTab => Key::BackTab,
                    KeyCode::Backspace => Key::Backspace,
                    KeyCode::Up => Key::Up,
                    KeyCode::Down => Key::Down,
                    KeyCode::PageUp => Key::PageUp,
                    KeyCode::PageDown => Key::PageDown,
                    _ => Key::Other,
                })
            }
            _ => None,
        })
    }

    /// Waits until something is typed, or so long. What reads the keys would read the end of a terminal that was
    /// closed over and over (crossterm 0.29, `event/source/unix/mio.rs`), so it is not asked then.
    fn wait(&self, wait: Duration) -> io::Result<()> {
        let stdin = io::stdin();
        let keys = self.keys.as_ref().map_or_else(|| stdin.as_fd(), AsFd::as_fd);
        let mut polled = [PollFd::from_borrowed_fd(keys, PollFlags::IN)];
        let wait = Timespec::try_from(wait).ok();
        match poll(&mut polled, wait.as_ref()) {
            Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) if polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) => {
                Err(io::Error::other("the terminal was closed"))
            }
            Ok(_) => Ok(()),
        }
    }

    /// Gives the terminal back for something that writes and asks as usual, and takes it again once a key
    /// was pressed.
    pub fn aside<T>(&mut self, act: impl FnOnce() -> T) -> io::Result<T> {
        leave();
        let done = act();
        let _ = write!(io::stderr().lock(), "\n{}", glyph::own("Press a key to continue watching … "));
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        while !super::interrupted() {
            match self.key(Duration::from_millis(100))? {
                None | Some(Key::Resized) => {}
                Some(_) => break,
            }
        }
        leave();
        self.again()?;
        Ok(done)
    }

    /// Stops the program as Ctrl-Z does, until it is told to go on.
    pub fn suspend(&mut self) -> io::Result<()> {
        leave();
        signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
        self.again()
    }

    fn again(&mut self) -> io::Result<()> {
        if super::interrupted() {
            return Ok(());
        }
        take()?;
        self.anew()
    }

    /// Has all drawn once more. The terminal is asked for nothing: not every one answers.
    fn anew(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        leave();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen).inspect_err(|_| leave())
}

/// Leaves the terminal as it was, once.
fn leave() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Nothing useful can be done when the terminal is gone.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Writes lines into a part of the screen; what does not fit is left out.
fn put(buffer: &mut Buffer, area: Rect, lines: &[Line], color: bool) {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        let mut x = area.left();
        for (text, tone) in line {
            let room = area.right().saturating_sub(x);
            if room == 0 {
                break;
            }
            // Here at the latest nothing of it can do anything to the terminal.
            let text = safe(text);
            let text = glyph::plain(&text);
            (x, _) = buffer.set_stringn(x, y, &text, usize::from(room), style(*tone, color));
        }
    }
}

fn style(tone: Tone, color: bool) -> Style {
    let plain = Style::new();
    match tone {
        Tone::Plain => plain,
        Tone::Strong => plain.add_modifier(Modifier::BOLD),
        Tone::Dim if color => plain.fg(Color::DarkGray),
        Tone::Dim => plain,
        Tone::Good if color => plain.fg(Color::Green),
        Tone::Bad if color => plain.fg(Color::Red).add_modifier(Modifier::BOLD),
        Tone::Good => plain,
        Tone::Bad => plain.add_modifier(Modifier::BOLD),
        Tone::Chosen => plain.add_modifier(Modifier::REVERSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[Line], width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        put(&mut buffer, area, lines, true);
        let row = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(row).collect()
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_nothing_reaches_the_terminal_raw() {
        let line = |text: &str| vec![(text.to_string(), Tone::Plain), ("|".to_string(), Tone::Bad)];
        let lines = [line("a\x1b[31mb"), line("user\u{202e}gpj"), line("longer than that"), line("no room")];
        assert_eq!(shown(&lines, 12, 3), ["a\\x1b[31mb| ", "user\\u{202e}", "longer than "]);
        assert_eq!(shown(&lines, 0, 0), [""; 0]);
    }

    #[test]
    fn without_colours_what_is_chosen_is_still_seen() {
        let style = |tone| style(tone, false);
        assert_eq!(style(Tone::Bad).fg, None);
        assert!(style(Tone::Chosen).add_modifier.contains(Modifier::REVERSED));
    }
}
