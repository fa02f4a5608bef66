use crate::support::*;

#[test]
fn every_command_explains_itself_with_examples() {
    let sess = Sess::new();
    let all = sess.args(["--help"]).success().silent().text();
    let commands: Vec<String> = all
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next().map(str::to_string))
        .collect();
    assert!(commands.len() > 10, "{all}");
    for command in &commands {
        let long = sess.args([command, "--help"]).success().silent().clean().text();
        assert!(long.contains("Examples:") && long.contains("Usage: sessctl"), "{command}: {long}");
        let short = sess.args([command, "-h"]).success().silent().text();
        assert!(short.len() <= long.len(), "{command}");
        sess.args(["help", command]).success().silent();
        for line in long.lines() {
            assert!(line.chars().count() <= 100, "{command}: {line}");
        }
    }
    sess.args(["--version"]).success().stdout(&format!("sessctl {}\n", env!("CARGO_PKG_VERSION")));
    // Asked for nothing, it explains itself, and that is an error.
    sess.args([] as [&str; 0]).code(2);
}

#[test]
fn secrets_of_the_environment_are_not_printed() {
    let sess = Sess::new().env("SESSCTL_STORE", "redis://:hunter2@localhost").env("REDISCLI_AUTH", "hunter3");
    for args in [&["--help"][..], &["list", "--help"], &["help"], &["man"]] {
        Ran::of(&mut sess.command(args)).hides("hunter");
    }
}
