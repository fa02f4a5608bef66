use crate::support::*;

#[test]
fn every_shell_has_its_script() {
    let sess = Sess::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sess.args(["completions", shell]).success().silent().text();
        for part in ["sessctl", "purge", "user-match", "connect-timeout"] {
            assert!(script.contains(part), "{shell} lacks {part}");
        }
    }
    sess.args(["completions", "tcsh"]).code(2).says("bash");
    // A shell reads it without complaint.
    let script = sess.args(["completions", "bash"]).success().stdout;
    let path = sess.write("sessctl.bash", script);
    let read = std::process::Command::new("bash").arg("-n").arg(path).output().expect("bash");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}
