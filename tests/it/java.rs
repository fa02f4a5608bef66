//! What the Java of this machine writes is read as what the captured samples say.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use serde_json::Value as Json;

use crate::support::{Content, Sess};

const SAMPLES: &str = include_str!("../../src/codec/java/samples.txt");

/// What these sources print when they are run; `None` where there is no Java.
fn printed(main: &str, sources: &[&str]) -> Option<String> {
    if !["javac", "java"].iter().all(|tool| Command::new(tool).arg("-version").output().is_ok()) {
        // Written by hand, because what a test prints is swallowed when it passes.
        let mut out = std::io::stderr();
        writeln!(out, "skipped: there is no javac or no java here").expect("stderr");
        return None;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/java");
    let sources = sources.iter().map(|source| here.join(source));
    let compiled = Command::new("javac").arg("-d").arg(dir.path()).args(sources).output().expect("javac");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new("java").arg("-cp").arg(dir.path()).arg(main).output().expect("java");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(String::from_utf8(ran.stdout).expect("UTF-8"))
}

#[test]
fn sessions_of_shiro_have_their_user_and_get_another_end() {
    let sources = ["SimpleSession.java", "SimplePrincipalCollection.java", "Sessions.java"];
    let sources = sources.map(|name| format!("shiro/{name}"));
    let Some(written) = printed("Sessions", &sources.each_ref().map(String::as_str)) else { return };
    let mut sessions = 0;
    for line in written.lines() {
        let (user, session) = line.split_once(' ').expect("a user and a session");
        let session = base64::engine::general_purpose::STANDARD.decode(session).expect("base64");
        let key = "shiro:session:0073c6cd-ff23-4c2b-9be0-5a97bf4e7f11";
        let sess = Sess::new().set(key, &session);
        assert_eq!(sess.listed("user", &[]), [user]);
        sess.args(["expire", "--all", "--in", "2h", "--yes"]).success();
        let shown = sess.args(["inspect", "-o", "json", key]).success().json();
        let timeout = shown["data"]["timeout"].as_i64().expect("a number");
        assert!(timeout > 7_199_000, "{user}: {timeout}");
        assert_eq!((&shown["user"], &shown["ip"]), (&Json::from(user), &Json::from("192.0.2.1")));
        sess.args(["undo", "--yes"]).success();
        assert_eq!(sess.server.contents()[key.as_bytes()], Content::Text(session));
        sessions += 1;
    }
    assert_eq!(sessions, 3);
}

#[test]
fn objects_that_java_writes_now_are_shown_as_those_it_wrote_then() {
    let Some(written) = printed("Samples", &["Samples.java"]) else { return };
    let expected: BTreeMap<&str, &str> = SAMPLES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, rest) = line.split_once(' ').expect("a name");
            (name, rest.split_once(' ').expect("a stream").1)
        })
        .collect();
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
