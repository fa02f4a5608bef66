//! What a terminal is given to show: nothing raw, nothing cut that counts, the last line last.

use serde_json::json;

use crate::support::*;

/// A session whose user and cart are written by somebody who means harm.
fn steered() -> Sess {
    let text = "a\u{1b}]0;x\u{7}\u{9b}b\u{202e}c\u{2066}\u{200f}\u{2028}\u{feff}\u{61c}\u{e0041}";
    Sess::new().express(format!("sess:{}", sid(1)), Some(text), &json!({ text: [text] }))
}

#[test]
fn json_steers_no_terminal_wherever_it_is_written_to() {
    let sess = steered();
    let steers = |char: char| char != '\n' && (char.is_control() || (char > '\u{2000}'));
    for args in [
        &["list", "-o", "json"][..],
        &["list", "-o", "ndjson"],
        &["inspect", &sid(1), "-o", "json"],
        &["inspect", &sid(1), "--path", "passport", "-o", "json"],
        &["count", "--by", "user", "-o", "json"],
        &["discover", "-o", "json"],
        &["purge", "--all", "--dry-run", "-o", "json"],
    ] {
        let text = sess.args(args).success().text();
        assert!(!text.contains(steers), "{args:?}: {text:?}");
    }
    let value = express(Some("a\u{202e}b\u{feff}"), &json!({}));
    for form in ["json", "table"] {
        let text = sess.args_with_input(&["decode", "-o", form], value.as_bytes()).success().text();
        assert!(!text.contains(steers), "{form}: {text:?}");
    }
    let user = sess.rows(&[])[0]["user"].as_str().expect("a user").to_string();
    assert!(user.contains('\u{202e}'), "what is read back is what was stored");
}

#[test]
fn a_terminal_gets_no_raw_bytes_though_they_are_asked_for() {
    let sess = steered();
    // A pipe gets every byte.
    let raw = sess.args(["inspect", &sid(1), "--raw"]).success().stdout;
    assert!(raw.windows(3).any(|bytes| bytes == "\u{202e}".as_bytes()));
    let (code, shown) = sess.terminal(&["inspect", &sid(1), "--raw"]).end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("\\u{202e}") || shown.contains("u202e"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{feff}']), "{shown:?}");
}
