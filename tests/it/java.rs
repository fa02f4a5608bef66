//! What the Java of this machine writes is read as what the captured samples say.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use serde_json::Value as Json;

use crate::support::Sess;

const SAMPLES: &str = include_str!("../../src/codec/java/samples.txt");

#[test]
fn objects_that_java_writes_now_are_shown_as_those_it_wrote_then() {
    if !["javac", "java"].iter().all(|tool| Command::new(tool).arg("-version").output().is_ok()) {
        // Written by hand, because what a test prints is swallowed when it passes.
        let mut out = std::io::stderr();
        writeln!(out, "skipped: there is no javac or no java here").expect("stderr");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/java/Samples.java");
    let compiled = Command::new("javac").arg("-d").arg(dir.path()).arg(source).output().expect("javac");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new("java").arg("-cp").arg(dir.path()).arg("Samples").output().expect("java");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));

    let expected: BTreeMap<&str, &str> = SAMPLES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, rest) = line.split_once(' ').expect("a name");
            (name, rest.split_once(' ').expect("a stream").1)
        })
        .collect();
    let written = String::from_utf8(ran.stdout).expect("UTF-8");
    let mut read = 0;
    let sess = Sess::new();
    for line in written.lines() {
        let (name, stream) = line.split_once(' ').expect("a name and a stream");
        let Some(expected) = expected.get(name) else { panic!("there is no sample {name}") };
        let stream = base64::engine::general_purpose::STANDARD.decode(stream).expect("base64");
        let args = ["decode", "--codec", "java", "--reveal", "-o", "json"];
        let decoded: Json = sess.args_with_input(&args, &stream).json();
        let expected: Json = serde_json::from_str(expected).expect("JSON");
        assert_eq!(decoded["data"], expected, "{name}");
        read += 1;
    }
    assert!(read > 50, "{read}");
}
