//! What may come in as a dependency: permissive licences, nothing from outside the crate registry, no
//! wildcard, no crate that is known to be given up. `deny.toml` says the same to `cargo deny`, where
//! that is at hand.

use std::process::Command;

use serde_json::Value;

const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-3-Clause",
    "BSL-1.0",
    // Of lists of certificates: data, no code.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates whose licence stands in a file alone, read in the version that the lock file names.
const READ: &[(&str, &str, &str)] = &[("webpki", "0.22.4", "ISC")];

/// Given up by their authors, or replaced by what the standard library has.
const BANNED: &[&str] =
    &["atty", "failure", "lazy_static", "memmap", "net2", "openssl-sys", "serde_yaml", "term", "yaml-rust"];

fn packages() -> Vec<Value> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Whether a licence expression of SPDX can be met: one side of each `OR`, both of each `AND`.
fn permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let mut words = expression.replace('(', " ( ").replace(')', " ) ");
    words.push(' ');
    let words: Vec<&str> = words.split_whitespace().collect();
    let (allowed, rest) = either(&words);
    rest.is_empty() && allowed
}

fn either<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut allowed, mut rest) = both(words);
    while rest.first() == Some(&"OR") {
        let (other, behind) = both(&rest[1..]);
        (allowed, rest) = (allowed || other, behind);
    }
    (allowed, rest)
}

fn both<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut allowed, mut rest) = one(words);
    while rest.first() == Some(&"AND") {
        let (other, behind) = one(&rest[1..]);
        (allowed, rest) = (allowed && other, behind);
    }
    (allowed, rest)
}

fn one<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    match words {
        ["(", rest @ ..] => {
            let (allowed, rest) = either(rest);
            (allowed, rest.strip_prefix(&[")"]).unwrap_or(rest))
        }
        // An exception only permits more.
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => (ALLOWED.contains(licence), rest),
        [] => (false, &[]),
    }
}

#[test]
fn licences_sources_and_bans() {
    let mut wrong = Vec::new();
    for package in packages() {
        let text = |member: &str| package[member].as_str().unwrap_or_default().to_string();
        let (name, mut licence) = (text("name"), text("license"));
        if let Some((.., read)) =
            READ.iter().find(|(of, version, _)| *of == name && *version == text("version"))
        {
            licence = (*read).to_string();
        }
        if !permissive(&licence) {
            wrong.push(format!("{name}: licence `{licence}`"));
        }
        let source = text("source");
        if name != "sessctl" && !source.starts_with("registry+https://github.com/rust-lang/crates.io-index") {
            wrong.push(format!("{name}: from `{source}`"));
        }
        if BANNED.contains(&name.as_str()) {
            wrong.push(format!("{name} is given up"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if name == "sessctl" && dependency["req"] == "*" {
                wrong.push(format!("{} is asked for in any version", dependency["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn licence_expressions() {
    assert!(permissive("MIT OR GPL-3.0"));
    assert!(permissive("(MIT OR GPL-3.0) AND Unicode-3.0"));
    assert!(permissive("Apache-2.0 WITH LLVM-exception"));
    assert!(permissive("MIT/Apache-2.0"));
    for refused in ["GPL-3.0", "MIT AND GPL-3.0", "", "MIT OR Apache-2.0 )", "GPL-3.0 OR AGPL-3.0"] {
        assert!(!permissive(refused), "{refused}");
    }
}

#[test]
fn what_a_package_is_made_of_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().expect("assets");
    for asset in assets {
        let source = asset[0].as_str().expect("a path");
        let (folder, name) = source.rsplit_once('/').unwrap_or((".", source));
        if folder == "target/release" {
            assert_eq!(name, "sessctl");
            continue;
        }
        let wanted = |file: &str| match name.split_once('*') {
            Some((before, after)) => file.starts_with(before) && file.ends_with(after),
            None => file == name,
        };
        let mut files = std::fs::read_dir(root.join(folder)).expect("the folder");
        let found =
            files.any(|file| wanted(&file.expect("an entry").file_name().into_string().expect("UTF-8")));
        assert!(found, "{source}");
    }
    let named = |path: &str| assets.iter().any(|asset| asset[0].as_str() == Some(path));
    for path in ["target/release/sessctl", "man/*.1", "completions/sessctl.bash"] {
        assert!(named(path), "{path}");
    }
}
