//! A terminal whose screen can be looked at: tmux, with a server of its own that ends with the test.

use std::path::PathBuf;
use std::process::Command;

use super::{PATIENCE, Sess, eventually};

pub(crate) struct Screen {
    dir: tempfile::TempDir,
}

impl Screen {
    /// Runs a line of a shell on a terminal of so many columns and rows.
    pub(crate) fn of(columns: usize, rows: usize, line: &str, env: &[(String, String)]) -> Screen {
        let screen = Screen { dir: tempfile::Builder::new().prefix("tmux-").tempdir().expect("a directory") };
        let size = [columns.to_string(), rows.to_string()];
        let mut command = screen.tmux(&["new-session", "-d", "-x", &size[0], "-y", &size[1]]);
        for (name, value) in env {
            command.arg("-e").arg(format!("{name}={value}"));
        }
        // What is shown stays when the program has ended.
        let held = format!("{line}; exec sleep {}", PATIENCE.as_secs() * 2);
        let status = command.arg(held).status().expect("tmux must be installed for these tests");
        assert!(status.success(), "tmux starts no session");
        screen
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("tmux.sock")
    }

    fn tmux(&self, args: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        // A terminal of UTF-8 for tmux itself, whatever the program is told of it.
        command.args(["-u", "-f", "/dev/null", "-S"]).arg(self.socket()).args(args);
        command.env("SHELL", "/bin/sh").env_remove("TMUX");
        command
    }

    fn run(&self, args: &[&str]) -> String {
        let output = self.tmux(args).output().expect("tmux");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What is on it, without blanks at the ends of lines.
    pub(crate) fn text(&self) -> String {
        self.run(&["capture-pane", "-p"])
    }

    /// Waits until it is so of what is on it.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, so: impl Fn(&str) -> bool) -> &Screen {
        let started = std::time::Instant::now();
        eventually(what, || {
            let text = self.text();
            let is = so(&text);
            assert!(is || started.elapsed() < PATIENCE / 2, "{what} is not so of:\n{text}");
            is
        });
        self
    }

    #[track_caller]
    pub(crate) fn shows(&self, part: &str) -> &Screen {
        self.until(part, |text| text.contains(part))
    }

    /// Presses keys, by the names that tmux has for them.
    pub(crate) fn press(&self, keys: &[&str]) -> &Screen {
        self.run(&[&["send-keys"], keys].concat());
        self
    }

    /// Types text as it is.
    pub(crate) fn types(&self, text: &str) -> &Screen {
        self.run(&["send-keys", "-l", "--", text]);
        self
    }

    /// Closes the terminal, whatever runs on it.
    pub(crate) fn close(&self) {
        self.run(&["kill-server"]);
    }

    pub(crate) fn resize(&self, columns: usize, rows: usize) -> &Screen {
        self.run(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
        self
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]).output();
    }
}

impl Sess {
    /// Runs the program on a terminal, and then says with which code it ended and whether the terminal is as
    /// it was. Its process id is in the file `pid` beside the server's socket.
    pub(crate) fn screen(&self, columns: usize, rows: usize, args: &[&str]) -> Screen {
        let inner = self.command(args);
        let quoted: Vec<String> = std::iter::once(inner.get_program())
            .chain(inner.get_args())
            .map(|arg| format!("'{}'", arg.to_str().expect("text").replace('\'', r"'\''")))
            .collect();
        let env: Vec<(String, String)> = inner
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?.to_string(), value?.to_str()?.to_string())))
            .collect();
        let pid = self.server.dir.path().join("pid");
        let line = format!(
            "was=$(stty -g); echo BEFORE; sh -c 'echo $$ >{}; exec \"$@\"' sh {}; \
             code=$?; if [ \"$was\" = \"$(stty -g)\" ]; then echo \"CODE $code, AS IT WAS\"; \
             else echo \"CODE $code, CHANGED\"; fi",
            pid.display(),
            quoted.join(" ")
        );
        Screen::of(columns, rows, &line, &env)
    }

    /// The process id of what [`Sess::screen`] runs.
    pub(crate) fn pid_on_screen(&self) -> u32 {
        let file = self.server.dir.path().join("pid");
        let mut pid = None;
        eventually("it runs", || {
            pid = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
            pid.is_some()
        });
        pid.expect("a number")
    }
}
