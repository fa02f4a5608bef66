//! Indexes that several sessions share, over several batches: what undo makes of them.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::support::proxy::Proxy;
use crate::support::*;

const SHOP: &str = r#"
[layouts.shop]
key = "shop:{id}"
codec = "json"
user = "user"
[[layouts.shop.companions]]
kind = "set"
key = "shop-user:{user}"
member = "{id}"
user_index = true
"#;

/// So many sessions of each of these users, with an index of each that ends in ten minutes.
fn shop(users: &[&str], many: usize) -> Sess {
    let sess = Sess::new();
    let mut pipe = redis::pipe();
    for user in users {
        let index = format!("shop-user:{user}");
        for n in 0..many {
            let id = format!("{user}-{n:04}-abcdefgh");
            let value = json!({ "user": user }).to_string();
            pipe.cmd("SET").arg(format!("shop:{id}")).arg(value).arg("PX").arg(300_000).ignore();
            pipe.cmd("SADD").arg(&index).arg(&id).ignore();
        }
        pipe.cmd("PEXPIRE").arg(&index).arg(600_000).ignore();
    }
    pipe.exec(&mut sess.server.connect()).expect("sessions");
    let config = sess.write("config.toml", SHOP);
    private(&config);
    sess.global(&["--config", config.to_str().expect("a path"), "--layout", "shop"])
}

#[test]
fn an_index_comes_back_whole_though_the_batch_that_met_it_first_was_dropped() {
    for chosen in [&[][..], &["--user", "alice"]] {
        let sess = shop(&["alice", "bob"], 8);
        let proxy = Proxy::to(&sess.server);
        let url = proxy.url();
        let before = sess.server.snapshot();
        let sess = sess.global(&["--store", &url]);
        // The first is the question whether it is permitted; in the second all are ended.
        let victim = "shop:bob-0003-abcdefgh";
        proxy.before("EXEC", 2, move |server| {
            redis::cmd("APPEND").arg(victim).arg(" ").exec(server).expect("APPEND");
        });
        let report = sess.args(["purge", "--all", "--yes", "-o", "json"]).success().json();
        assert_eq!((&report["done"], &report["changed"]), (&json!(15), &json!(1)), "{report}");
        proxy.pass();
        let left: Vec<Vec<u8>> = sess.server.snapshot().into_keys().collect();
        assert_eq!(left, [b"shop-user:bob".to_vec(), victim.into()]);
        sess.args([&["undo", "--yes"], chosen].concat()).success();
        let after = sess.server.snapshot();
        // With all of its members and the end that it had.
        let index = &b"shop-user:alice"[..];
        assert_eq!(after[index].1, before[index].1, "{chosen:?}");
        let Content::Members(members) = &sess.server.contents()[index] else { panic!("no set") };
        assert_eq!(members.len(), 8);
        assert_eq!(after.len(), if chosen.is_empty() { before.len() } else { 2 + 9 });
    }
}

#[test]
fn an_index_that_several_batches_let_live_longer_ends_as_before() {
    const MANY: usize = 150;
    let sess = shop(&["zoe"], MANY);
    let before = sess.server.snapshot();
    let plan = sess.server.dir.path().join("plan");
    let name = plan.to_str().expect("a path");
    sess.args(["expire", "--all", "--in", "2h", "--plan", name]).success();
    // Each session another end, so that the index outlives them batch by batch.
    let mut last = 0;
    let mut edited = String::new();
    for (n, line) in std::fs::read_to_string(&plan).expect("a plan").lines().enumerate() {
        let mut line: Json = serde_json::from_str(line).expect("JSON");
        if let Some(at) = line.pointer("/do/expire").and_then(Json::as_i64) {
            // In no order.
            let at = at + (n as i64 * 7919 % 1009) * 60_000;
            line["do"]["expire"] = json!(at);
            last = last.max(at);
        }
        writeln!(edited, "{line}").expect("text");
    }
    std::fs::write(&plan, edited).expect("written");
    let apply = ["apply", name, "--allow-edited", "--yes", "--rate", "640/s", "-o", "json"];
    let report = sess.args(apply).success().json();
    assert_eq!(report["done"], MANY, "{report}");
    let moved = sess.server.snapshot();
    assert_eq!(moved[&b"shop-user:zoe"[..]].1, last);
    let back = sess.args(["undo", "--yes", "-o", "json"]).success().json();
    assert_eq!((&back["done"], &back["changed"]), (&json!(MANY), &json!(0)), "{back}");
    assert!(sess.server.snapshot() == before);
}
