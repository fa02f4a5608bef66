//! What is generated and committed: the completions, the manual pages, and parts of the README.
//!
//! `UPDATE=1 cargo test generated` rewrites all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

/// Runs the program away from any configuration, and gives what it prints.
fn printed(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sessctl"))
        .args(args)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// The file holds this text, or with `UPDATE=1` it does from now on.
#[track_caller]
fn holds(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|held| held == text) {
        return;
    }
    assert!(updating(), "{} is out of date: UPDATE=1 cargo test generated", path.display());
    fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    fs::write(path, text).expect("written");
}

/// The directory holds these files and no others.
#[track_caller]
fn holds_only(dir: &Path, names: &BTreeSet<String>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        if !names.contains(&name) {
            assert!(updating(), "{} is not generated any more", entry.path().display());
            fs::remove_file(entry.path()).expect("removed");
        }
    }
}

#[test]
fn completions() {
    let dir = root().join("completions");
    let mut names = BTreeSet::new();
    for (shell, name) in [
        ("bash", "sessctl.bash"),
        ("zsh", "_sessctl"),
        ("fish", "sessctl.fish"),
        ("powershell", "_sessctl.ps1"),
        ("elvish", "sessctl.elv"),
    ] {
        holds(&dir.join(name), &printed(&["completions", shell]));
        names.insert(name.to_string());
    }
    holds_only(&dir, &names);
}

#[test]
fn manual_pages() {
    let made = tempfile::tempdir().expect("a directory");
    printed(&["man", "--dir", made.path().to_str().expect("a path")]);
    let dir = root().join("man");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(made.path()).expect("a directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        holds(&dir.join(&name), &fs::read_to_string(entry.path()).expect("a page"));
        names.insert(name);
    }
    assert!(names.contains("sessctl.1"));
    holds_only(&dir, &names);
}

/// Puts the text between `<!-- NAME -->` and `<!-- /NAME -->`.
fn between(readme: &str, name: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = readme.find(&open).unwrap_or_else(|| panic!("README.md has no {open:?}")) + open.len();
    let end = start + readme[start..].find(&close).unwrap_or_else(|| panic!("README.md has no {close:?}"));
    format!("{}{text}{}", &readme[..start], &readme[end..])
}

#[test]
fn readme() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let help = printed(&["-h"]);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(!commands.is_empty());
    let made = between(&readme, "commands", &format!("```text\n{}\n```\n", commands.join("\n")));
    let made = between(&made, "acl", &format!("```text\n{}```\n", printed(&["acl"])));
    let made = demos(&made);
    let (before, rest) = made.split_once("It knows ").expect("how many layouts there are");
    let after = rest.trim_start_matches(|char: char| char.is_ascii_digit());
    let made = format!("{before}It knows {}{after}", layouts().lines().count() - 2);
    holds(&path, &made);
    assert!(made.lines().count() <= 250, "README.md has {} lines", made.lines().count());
}

#[test]
fn table_of_layouts() {
    let path = root().join("docs/layouts.md");
    let page = fs::read_to_string(&path).expect("docs/layouts.md");
    holds(&path, &between(&page, "layouts", &layouts()));
}

/// Puts what `sessctl demo -- ARGS` prints between `<!-- demo ARGS -->` and `<!-- /demo -->`.
fn demos(readme: &str) -> String {
    let mut made = String::new();
    let mut rest = readme;
    while let Some((before, after)) = rest.split_once("<!-- demo ") {
        let (args, after) = after.split_once(" -->\n").expect("the end of a mark");
        let (_, after) = after.split_once("<!-- /demo -->").expect("the end of a demo");
        let all: Vec<&str> = ["demo", "--"].into_iter().chain(args.split(' ')).collect();
        let shown: String = printed(&all).lines().map(|line| format!("{}\n", line.trim_end())).collect();
        // What follows on the table is for the configuration file.
        let shown = shown.split_once("\nProfiles for").map_or(shown.as_str(), |(table, _)| table);
        let typed: Vec<String> = args
            .split(' ')
            .map(|arg| if arg.contains('*') { format!("'{arg}'") } else { arg.into() })
            .collect();
        let text = format!("```text\n$ sessctl {}\n{shown}```\n", typed.join(" "));
        made.push_str(&format!("{before}<!-- demo {args} -->\n{text}<!-- /demo -->"));
        rest = after;
    }
    made + rest
}

/// The registry as a Markdown table, by family.
fn layouts() -> String {
    let all: Json = serde_json::from_str(&printed(&["layouts", "-o", "json"])).expect("JSON");
    let mut all: Vec<&Json> = all.as_array().expect("an array").iter().collect();
    all.sort_by_key(|layout| layout["family"].as_str());
    let mut text = String::from("| `--layout` | for | keys begin with | cookie |\n|---|---|---|---|\n");
    for layout in all {
        let code = |name: &str| match layout[name].as_str() {
            None | Some("") => String::new(),
            Some(text) => format!("`{text}`"),
        };
        let about = layout["about"].as_str().expect("text").replace('|', "\\|");
        text.push_str(&format!(
            "| {} | {about} | {} | {} |\n",
            code("layout"),
            code("prefix"),
            code("cookie")
        ));
    }
    text
}

#[test]
fn no_help_is_wider_than_a_hundred_columns() {
    let help = printed(&["--help"]);
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next());
    let texts = std::iter::once(("sessctl".to_string(), help.clone())).chain(commands.flat_map(|name| {
        [(name.to_string(), printed(&[name, "--help"])), (name.to_string(), printed(&[name, "-h"]))]
    }));
    for (name, text) in texts {
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
    }
}
