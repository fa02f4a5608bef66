use serde_json::json;

use crate::support::*;

#[test]
fn a_blob_is_decoded_by_its_form() {
    let sess = Sess::new();
    let ran = sess.args_with_input(&["decode", "-o", "json"], b"{\"a\":[1,2.5,null]}\n").success();
    assert_eq!(ran.json(), json!({ "codec": ["json"], "data": { "a": [1, 2.5, null] } }));
    let ran =
        sess.args_with_input(&["decode", "-", "-o", "json"], b"\x82\xa1a\x01\xa1b\xc4\x02\xff\xfe").success();
    assert_eq!(ran.json()["codec"], json!(["msgpack"]));
    assert_eq!(ran.json()["data"], json!({ "a": 1, "b": { "$bytes": "//4=" } }));
    let file = sess.write("blob", b"{\"x\":1}");
    sess.args(["decode", file.to_str().expect("text")]).success().shows("\"x\": 1").says("codec: json");
    sess.args(["decode", "--codec", "msgpack", file.to_str().expect("text")]).code(1);
}

#[test]
fn what_cannot_be_decoded_is_said_with_the_place() {
    let sess = Sess::new();
    sess.args_with_input(&["decode"], b"").code(1).says("empty");
    sess.args_with_input(&["decode"], b"plain words").code(1).says("no codec").says("--codec");
    sess.args_with_input(&["decode"], b"{\"a\":1,}").code(1).says("7");
    sess.args_with_input(&["decode"], b"{\"a\":1").code(1).says("6");
    sess.args_with_input(&["decode", "-o", "csv"], b"{}").code(2);
}

#[test]
fn a_layout_opens_what_it_sealed() {
    let expected = expected("connect-redis-crypto");
    let sess = Sess::new().load("connect-redis-crypto").profile("connect-redis-crypto", &expected["config"]);
    let key = expected["sessions"][0]["key"].as_str().expect("a key").to_string();
    let value: Vec<u8> = redis::cmd("GET").arg(&key).query(&mut sess.server.connect()).expect("its value");
    let ran = sess.args_with_input(&["decode", "--of-key", &key, "-o", "json"], &value).success();
    assert_eq!(ran.json()["data"], expected["sessions"][0]["data"]);
    ran.hides("squirrel");
}
