//! The house keeps to its plan: floors, circles and glob imports, read from the source itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A source file without its tests and comments, and the module that it is: `layout::key`.
struct File {
    module: String,
    code: String,
}

fn files() -> Vec<File> {
    let src = Path::new(ROOT).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    let module = |path: &PathBuf| {
        let path = path.strip_prefix(&src).expect("under src").with_extension("");
        path.to_string_lossy().replace('/', "::")
    };
    found
        .iter()
        .map(|path| File { module: module(path), code: code(&fs::read_to_string(path).expect("text")) })
        // Files that are nothing but tests.
        .filter(|file| !file.module.ends_with("::tests") && file.module != "lib" && file.module != "main")
        .collect()
}

/// What is compiled into the program: tests stand at the foot of a file.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path in a file from the crate's root, with braces opened: `crate::a::{b, c::{d}}` is three, and
/// `super::b` in `a::c` is `a::b`.
fn paths(module: &str, code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    for (at, _) in code.match_indices("super::") {
        if !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            open(&code[at + "super".len()..], parent.to_string(), &mut found);
        }
    }
    for (at, _) in code.match_indices("crate::") {
        // `$crate` in a macro and names that end so are something else.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        open(&code[at + "crate".len()..], String::new(), &mut found);
    }
    found
}

/// Follows one path, and each branch where it forks. Gives the rest of the text behind it.
fn open<'t>(mut text: &'t str, mut path: String, found: &mut BTreeSet<String>) -> &'t str {
    loop {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        if end > 0 {
            if !path.is_empty() {
                path.push_str("::");
            }
            path.push_str(&text[..end]);
        }
        text = &text[end..];
        let Some(next) = text.strip_prefix("::") else { break };
        text = next;
        let Some(mut inside) = text.strip_prefix('{') else { continue };
        loop {
            inside = inside.trim_start();
            if let Some(behind) = inside.strip_prefix('}') {
                return behind;
            }
            let before = inside;
            inside = open(inside, path.clone(), found).trim_start();
            inside = inside.strip_prefix(',').unwrap_or(inside);
            if inside.is_empty() || inside.len() == before.len() {
                return inside;
            }
        }
    }
    found.insert(path);
    text
}

/// The floors that `lib.rs` states, from the ground up: each line of the list is a floor.
fn floors() -> Vec<Vec<String>> {
    let text = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).expect("lib.rs");
    let plan = text.split("```floors\n").nth(1).and_then(|rest| rest.split("//! ```").next());
    let plan = plan.expect("lib.rs states the floors");
    let lines = plan.lines().map(|line| line.trim_start_matches("//!").trim());
    let floors: Vec<Vec<String>> =
        lines.map(|line| line.split_whitespace().map(str::to_string).collect()).collect();
    floors.into_iter().rev().collect()
}

#[test]
fn nothing_looks_up() {
    let floors = floors();
    let floor_of = |module: &str| {
        let room = module.split("::").next().unwrap_or_default();
        floors.iter().position(|floor| floor.iter().any(|name| name == room))
    };
    let mut upwards = BTreeSet::new();
    for file in files() {
        let here = floor_of(&file.module).unwrap_or_else(|| panic!("{} is on no floor", file.module));
        let room = file.module.split("::").next().unwrap_or_default();
        for path in paths(&file.module, &file.code).iter().filter(|path| !path.is_empty()) {
            let other = path.split("::").next().unwrap_or_default();
            let there = floor_of(other).unwrap_or_else(|| panic!("{}: {path} is on no floor", file.module));
            if there >= here && other != room {
                upwards.insert((file.module.clone(), other.to_string()));
            }
        }
    }
    assert!(upwards.is_empty(), "{upwards:?}");
}

#[test]
fn no_circle_of_files() {
    let files = files();
    let names: BTreeSet<&str> = files.iter().map(|file| file.module.as_str()).collect();
    // The file in which a path ends: the longest beginning of it that is one.
    let file_of = |path: &str| {
        let mut path = path;
        loop {
            if let Some(name) = names.get(path) {
                return Some(*name);
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &files {
        let here = file.module.as_str();
        for path in paths(&file.module, &file.code) {
            let Some(there) = file_of(&path) else { continue };
            // A module and its children are one thing that is divided.
            let related = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with("::"));
            if there != here && !related(here, there) && !related(there, here) {
                arrows.entry(here).or_default().insert(there);
            }
        }
    }
    for start in arrows.keys() {
        let mut way = vec![*start];
        let mut seen = BTreeSet::new();
        assert!(!comes_back(start, start, &arrows, &mut seen, &mut way), "a circle: {}", way.join(" -> "));
    }
}

/// Whether `start` is reached again from `here`; the way there is left in `way`.
fn comes_back<'a>(
    start: &str,
    here: &'a str,
    arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    seen: &mut BTreeSet<&'a str>,
    way: &mut Vec<&'a str>,
) -> bool {
    for next in arrows.get(here).into_iter().flatten() {
        if *next == start {
            way.push(next);
            return true;
        }
        if seen.insert(next) {
            way.push(next);
            if comes_back(start, next, arrows, seen, way) {
                return true;
            }
            way.pop();
        }
    }
    false
}

#[test]
fn what_a_file_uses_is_named() {
    let globs: Vec<String> = files()
        .into_iter()
        .filter(|file| {
            let mut uses = file.code.split("use super::").skip(1).filter_map(|rest| rest.split(';').next());
            uses.any(|used| used.contains('*'))
        })
        .map(|file| file.module)
        .collect();
    assert_eq!(globs, [""; 0]);
}

#[test]
fn paths_are_read() {
    let of = |code: &str| paths("layout::key", code).into_iter().collect::<Vec<_>>();
    assert_eq!(
        of("use crate::a::{self, b, c::{d, e}};\nuse crate::f;"),
        ["a::b", "a::c::d", "a::c::e", "a::self", "f"]
    );
    assert_eq!(of("let x = crate::text::size(1); $crate::no::path"), ["text::size"]);
    assert_eq!(of("use crate::a::{\n    b,\n    c,\n};"), ["a::b", "a::c"]);
}
