//! TLS as redis-cli has it: whose certificate is trusted, for which name, and one of our own.
//!
//! The certificates of `tests/fixtures/tls` are for `cache.example`, and end in a hundred years.

use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;

use serde_json::json;

use crate::support::{Server, Sess, express, sid};

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name);
    path.to_str().expect("UTF-8").to_string()
}

/// A server that speaks TLS on this port.
fn server(clients: &str) -> (Sess, String) {
    let (cert, key, ca) = (file("server.pem"), file("server.key"), file("ca.pem"));
    for turn in 0..8 {
        let port = (20_000 + RandomState::new().hash_one(turn) % 12_000).to_string();
        let options = [
            "--tls-port",
            &port,
            "--bind",
            "127.0.0.1",
            "--tls-cert-file",
            &cert,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &ca,
            "--tls-auth-clients",
            clients,
        ];
        let Some(server) = Server::try_with(&options) else { continue };
        let sess = Sess::on(server).global(&["--store", &format!("rediss://localhost:{port}")]);
        let value = express(Some("alice"), &json!({}));
        sess.server.command(&["SET", &format!("sess:{}", sid(1)), &value]);
        return (sess, port);
    }
    panic!("no port is free");
}

#[test]
fn a_certificate_is_checked_for_the_name_that_was_said() {
    let (sess, port) = server("no");
    let ca = file("ca.pem");
    sess.args(["count", "--cacert", &ca, "--sni", "cache.example"]).success().stdout("1\n").silent();
    let ran = sess.args(["count", "--cacert", &ca]).code(1);
    ran.says("certificate is for another host name").says("--sni NAME");
    sess.args(["count", "--cacert", &ca, "--sni", "other.example"]).code(1).says("another host name");
    sess.args(["count", "--sni", "cache.example"]).code(1).says("not signed by a known authority");
    let ran = sess.args(["count", "--insecure"]).success().stdout("1\n");
    ran.says("warning: the server's certificate is not checked");
    let plain = format!("redis://127.0.0.1:{port}");
    sess.args(["count", "--store", &plain, "--sni", "x"]).code(2).says("--sni and --insecure are for TLS");
}

#[test]
fn a_server_that_wants_a_certificate_gets_one() {
    let (sess, port) = server("yes");
    let (ca, cert, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    let checked = ["count", "--cacert", &ca, "--sni", "cache.example"];
    sess.args(checked).code(1);
    let own = [&checked[..], &["--cert", &cert, "--key", &key]].concat();
    sess.args(&own).success().stdout("1\n");
    sess.server.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
    let snapshot = format!("rediss://localhost:{port}?via=snapshot");
    sess.args([&own[..], &["--store", &snapshot]].concat()).success().stdout("1\n");
    let ran = sess.args([&checked[..], &["--cert", &cert]].concat()).code(1);
    ran.says("--cert also needs the certificate's --key");
}
