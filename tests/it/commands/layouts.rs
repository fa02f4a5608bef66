use crate::support::*;

#[test]
fn every_layout_has_its_line_and_its_page() {
    let sess = Sess::new();
    let names = sess.args(["layouts", "-o", "ids"]).success().silent().lines();
    let table = sess.args(["layouts"]).success().silent().clean();
    assert_eq!(table.lines().len(), names.len() + 1);
    let all = sess.args(["layouts", "-o", "json"]).success().json();
    assert_eq!(all.as_array().map(Vec::len), Some(names.len()));
    assert_eq!(sess.args(["layouts", "-o", "csv"]).success().lines().len(), names.len() + 1);
    for name in &names {
        let page = sess.args(["layouts", name]).success().silent().clean().text();
        assert!(page.starts_with(&format!("{name}\n")), "{page}");
        assert!(page.contains("Settings for a profile"), "{page}");
        let object = sess.args(["layouts", name, "-o", "json"]).success().json();
        assert_eq!(object["layout"], name.as_str());
    }
    // By family, and by a word of their pages.
    let php = sess.args(["layouts", "--family", "php", "-o", "ids"]).success().silent().lines();
    assert!(php.contains(&"laravel".to_string()) && !php.contains(&"connect-redis".to_string()), "{php:?}");
    sess.args(["layouts", "--family", "Jvn"]).code(2).says("Node.js, PHP");
    let found = sess.args(["layouts", "WordPress", "-o", "ids"]).success().silent().lines();
    assert!(!found.is_empty() && found.len() < names.len() / 2, "{found:?}");
    sess.args(["layouts", "no-such-word"]).code(2).says("unknown layout `no-such-word`");
    // What was captured is known.
    for slug in fixtures() {
        sess.args(["layouts", &layout_names(&slug)[0]]).success();
    }
}
