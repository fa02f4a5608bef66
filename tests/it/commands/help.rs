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
        // A line for each filter, and no more.
        assert!(short.lines().count() <= 80, "{command}: {short}");
        sess.args(["help", command]).success().silent();
        for line in long.lines() {
            assert!(line.chars().count() <= 100, "{command}: {line}");
        }
    }
    sess.args(["--version"]).success().stdout(&format!("sessctl {}\n", env!("CARGO_PKG_VERSION")));
    // Asked for nothing, it explains itself, and that is an error.
    sess.args([] as [&str; 0]).code(2);
    // Commands below others have their help, too, and topics are pages of their own.
    sess.args(["help", "runs", "show"]).success().silent().shows("sessctl runs show [OPTIONS] <RUN>");
    sess.args(["help", "runs", "shw"]).code(2).says("did you mean `show`?");
    for (topic, parts) in [
        ("connection", &["--store", "--profile", "SESSCTL_STORE", "--connect-timeout", "Examples:"][..]),
        ("output", &["--output", "--mask", "NO_COLOR", "Examples:"]),
        ("filters", &["--user-match", "--where", "--not", "RFC 3339", "Examples:"]),
        ("exit-codes", &["130"]),
    ] {
        let page = sess.args(["help", topic]).success().silent().clean().text();
        for part in parts {
            assert!(page.contains(part), "{topic}: {part} is not in {page}");
        }
    }
    // What all commands share is a line in each, and the filters are one in the long help.
    let long = sess.args(["purge", "--help"]).success().text();
    for part in ["--cacert", "--user-match", "--color <"] {
        assert!(!long.contains(part), "{part} is in {long}");
    }
    assert!(long.contains("sessctl help connection") && long.contains("sessctl help filters"), "{long}");
}

#[test]
fn secrets_of_the_environment_are_not_printed() {
    let sess = Sess::new().env("SESSCTL_STORE", "redis://:hunter2@localhost").env("REDISCLI_AUTH", "hunter3");
    for args in [&["--help"][..], &["list", "--help"], &["help"], &["man"]] {
        Ran::of(&mut sess.command(args)).hides("hunter");
    }
}
