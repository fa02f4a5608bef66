//! The integration tests, one binary: what a person or a script sees of the built program.

mod architecture;
mod audit;
mod bad_bytes;
mod bad_input;
mod between;
mod bound;
mod careful;
mod cluster;
mod commands;
mod contract;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod databases;
mod dependencies;
mod display;
mod doctor;
mod dumps;
mod ends;
mod exits;
mod faults;
mod faults_change;
mod field_ends;
mod files;
mod filters;
mod generated;
mod hash_sessions;
mod hostile;
mod indexes;
mod java;
mod jvm;
mod layouts;
mod memcached;
mod mends;
mod neighbours;
mod own_layouts;
mod pace;
mod page;
mod plans;
mod reads;
mod rights;
mod ruby;
mod run_files;
mod screens;
mod sentinel;
mod servers;
mod several;
mod signals;
mod snapshots;
mod states;
mod stats;
mod strangers;
mod support;
#[cfg(feature = "sqlite")]
mod tables;
mod terminal;
mod tls;
mod turns;
mod undo;
mod watch;
mod ways;
mod whose;

use std::path::Path;

/// A file that no `mod` names is compiled into nothing, and its tests never run.
#[test]
fn no_source_file_is_forgotten() {
    fn check(root: &Path, dir: &Path, forgotten: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                check(root, &path, forgotten);
                continue;
            }
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
            if path.extension().is_none_or(|extension| extension != "rs")
                || matches!(name, "main" | "lib" | "mod")
            {
                continue;
            }
            let parents = if dir == root {
                vec![root.join("main.rs"), root.join("lib.rs")]
            } else {
                vec![dir.with_extension("rs"), dir.join("mod.rs")]
            };
            let named =
                parents.iter().filter_map(|parent| std::fs::read_to_string(parent).ok()).any(|text| {
                    text.lines().any(|line| {
                        let line = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
                        line == format!("mod {name};")
                    })
                });
            if !named {
                forgotten.push(path.strip_prefix(root).expect("inside").display().to_string());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut forgotten = Vec::new();
    for dir in ["tests/it", "src"] {
        check(&root.join(dir), &root.join(dir), &mut forgotten);
    }
    assert!(forgotten.is_empty(), "no `mod` names {forgotten:?}");
}
