//! `sessctl report`: a page that says what `stats` says, to whoever opens it and to no one else.

use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::support::{Sess, private, sid};

/// What would be markup, or turn a line round, if it stood in a page as it is.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' style='color:red",
    "-->]]>&lt;b&gt;",
    "\u{202e}txt.exe",
    "a\u{7}b\u{1b}[31m\u{0}c",
    "http://evil.example/?q=<b>",
];

/// A tag and its attributes, or the text between two tags.
#[derive(Debug)]
enum Piece<'p> {
    Open(&'p str, Vec<(&'p str, &'p str)>),
    Close(&'p str),
    Text(&'p str),
}

/// Takes a page apart, by rules that are stricter than those of HTML: what a browser would have to guess
/// is an error.
fn pieces(page: &str) -> Vec<Piece<'_>> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    let mut pieces = Vec::new();
    while let Some(at) = rest.find('<') {
        pieces.push(Piece::Text(&rest[..at]));
        let (tag, behind) = rest[at + 1..].split_once('>').expect("the end of a tag");
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            pieces.push(Piece::Close(name));
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "no name of a tag: {tag:?}");
        let mut all = Vec::new();
        while !attributes.is_empty() {
            let (attribute, behind) = attributes.split_once("=\"").expect("a quoted value");
            let (value, behind) = behind.split_once('"').expect("the end of a value");
            assert!(attribute.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'B'));
            all.push((attribute, value));
            attributes = behind.trim_start();
        }
        pieces.push(Piece::Open(name, all));
        // What is in these is no markup.
        if name == "style" || name == "script" {
            let end = rest.find("</").expect("the end");
            pieces.push(Piece::Text(&rest[..end]));
            rest = &rest[end..];
        }
    }
    assert_eq!(rest, "\n");
    pieces
}

/// Every tag is closed where it has to be, every name is given once, and what points somewhere points at
/// something in the page.
fn well_formed(page: &str) {
    let (mut open, mut ids, mut wanted) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for piece in pieces(page) {
        match piece {
            Piece::Open(name, attributes) => {
                for (attribute, value) in attributes {
                    match attribute {
                        "id" => assert!(ids.insert(value), "twice: {value}"),
                        "aria-labelledby" => wanted.extend(value.split(' ')),
                        "href" => drop(wanted.insert(value.strip_prefix('#').expect("in the page"))),
                        _ => assert!(!attribute.starts_with("on") && attribute != "style", "{attribute}"),
                    }
                }
                if name != "meta" {
                    open.push(name);
                }
            }
            Piece::Close(name) => assert_eq!(open.pop(), Some(name)),
            Piece::Text(text) => {
                let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
                let plain = known.iter().fold(text.to_string(), |text, entity| text.replace(entity, ""));
                let code = matches!(open.last(), Some(&"style" | &"script"));
                assert!(code || !plain.contains(['&', '>', '"', '\'']), "not escaped: {text:?}");
                let odd = plain.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
                assert!(odd.is_none(), "{odd:?} in {text:?}");
            }
        }
    }
    assert_eq!(open, [""; 0]);
    assert!(wanted.is_subset(&ids), "{:?}", wanted.difference(&ids));
}

/// The text of an element that has this attribute, up to its end.
fn data(page: &str, attribute: &str, value: &str) -> Option<u64> {
    let all = pieces(page);
    let of = all.iter().find_map(|piece| match piece {
        Piece::Open(_, attributes) if attributes.contains(&(attribute, value)) => Some(attributes),
        _ => None,
    })?;
    of.iter().find(|(name, _)| *name == "data-v")?.1.parse().ok()
}

/// The rows of a table's body: the text and the value of each cell.
fn rows(page: &str, attribute: &str, value: &str) -> Vec<Vec<(String, Option<u64>)>> {
    let (mut inside, mut rows) = (None, Vec::new());
    for piece in pieces(page) {
        match piece {
            Piece::Open(name @ ("table" | "tr"), attributes)
                if inside.is_none() && attributes.contains(&(attribute, value)) =>
            {
                inside = Some(name);
                if name == "tr" {
                    rows.push(Vec::new());
                }
            }
            _ if inside.is_none() => {}
            Piece::Open("tr", _) => rows.push(Vec::new()),
            Piece::Open("th" | "td", attributes) => {
                let value = attributes.iter().find(|(name, _)| *name == "data-v");
                let value = value.and_then(|(_, value)| value.parse().ok());
                rows.last_mut().expect("a row").push((String::new(), value));
            }
            Piece::Text(text) => {
                let cell = rows.last_mut().and_then(|row| row.last_mut());
                if let Some((shown, _)) = cell {
                    shown.push_str(text.trim_matches('\n'));
                }
            }
            Piece::Close(name) if inside == Some(name) => return rows,
            Piece::Open(..) | Piece::Close(_) => {}
        }
    }
    rows
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a page")
}

fn beside(sess: &Sess, name: &str) -> (PathBuf, String) {
    let path = sess.server.dir.path().join(name);
    let text = path.to_str().expect("text").to_string();
    (path, text)
}

/// Writes a page and gives it.
fn page(sess: &Sess, args: &[&str]) -> String {
    let args: Vec<&str> = ["report", "--out", "-"].iter().chain(args).copied().collect();
    sess.args(args).success().text()
}

/// Sessions of several layouts and users.
fn store() -> Sess {
    let mut sess = Sess::new().load("laravel").load("django-cache");
    for n in 0..40 {
        let more = json!({"cart": {"items": vec!["socks"; n % 7]}, "ip": format!("192.0.2.{n}")});
        let user = format!("user-{}", n % 9);
        sess = sess.express(format!("sess:{}", sid(n)), (n % 4 > 0).then_some(&*user), &more);
    }
    sess
}

#[test]
fn numbers_are_those_of_stats() {
    let sess = store();
    let (_, saved) = beside(&sess, "then.json");
    sess.args(["stats", "--save", &saved]).success();
    let sess = sess.express(format!("sess:{}", sid(900)), Some("zoe"), &json!({"note": "x".repeat(5_000)}));
    let args = ["--if", "purge --anonymous", "--if", "purge --user user-1", "--baseline", &saved];
    let page = page(&sess, &args);
    well_formed(&page);
    let told = sess.args(["stats", "-o", "json"].iter().chain(&args)).success().json();

    for name in ["sessions", "users", "authenticated", "anonymous", "unknown", "without_ttl"] {
        let shown = data(&page, "data-f", name);
        assert_eq!(shown, told[name].as_u64().filter(|n| shown.is_some() || *n > 0), "{name}");
    }
    assert_eq!(data(&page, "data-f", "bytes"), told["bytes"]["total"].as_u64());
    assert_eq!(data(&page, "data-f", "server.maxmemory"), told["server"]["maxmemory"].as_u64());
    assert_eq!(data(&page, "data-f", "server.keys"), told["server"]["keys"].as_u64());
    for name in ["bytes", "sessions_per_user", "idle_ms"] {
        let row = &rows(&page, "data-f", name)[0];
        let told = ["known", "min", "p50", "p90", "p99", "max"].map(|part| told[name][part].as_u64());
        assert_eq!(row[1..].iter().map(|cell| cell.1).collect::<Vec<_>>(), told, "{name}");
    }
    let steps = |list: &Json| -> Vec<u64> {
        let counts = list.as_array().into_iter().flatten().filter_map(|step| step["count"].as_u64());
        let counts: Vec<u64> = counts.collect();
        let first = counts.iter().position(|count| *count > 0).expect("a step");
        let last = counts.iter().rposition(|count| *count > 0).expect("a step");
        counts[first..=last].to_vec()
    };
    let drawn: Vec<u64> = rows(&page, "data-t", "h-bytes")[1..].iter().filter_map(|row| row[1].1).collect();
    assert_eq!(drawn, steps(&told["bytes"]["histogram"]));
    for (table, name) in
        [("layouts", "layout"), ("top_users", "user"), ("top_networks", "network"), ("top_ips", "ip")]
    {
        let list = told[table].as_array().expect("a list");
        let rows = rows(&page, "data-t", table);
        assert_eq!(rows.len(), list.len() + 1, "{table}");
        for (row, told) in rows[1..].iter().zip(list) {
            assert_eq!(Some(&*row[0].0), told[name].as_str());
            assert_eq!((row[1].1, row[2].1), (told["sessions"].as_u64(), told["bytes"].as_u64()), "{row:?}");
        }
    }
    let paths = &rows(&page, "data-t", "top_paths")[1];
    assert_eq!(
        json!([paths[0].0, paths[1].0]),
        json!([told["top_paths"][0]["path"], told["top_paths"][0]["layout"]])
    );
    for (row, told) in rows(&page, "data-t", "if")[1..].iter().zip(told["if"].as_array().expect("a list")) {
        let told = ["sessions", "users_logged_out", "bytes"].map(|part| told[part].as_u64());
        assert_eq!(row[1..].iter().map(|cell| cell.1).collect::<Vec<_>>(), told);
    }
    assert_eq!(rows(&page, "data-t", "grown")[1][0].0, "note");
    assert!(page.contains("The store was read to its end.") && page.contains("No number is an estimate."));
    for row in sess.rows(&[]) {
        assert!(!page.contains(row["id"].as_str().expect("an id")), "an id stands in the page");
    }
}

#[test]
fn names_from_a_store_are_nothing_but_text() {
    let mut sess = Sess::new();
    for (n, name) in HOSTILE.iter().enumerate() {
        let more = json!({*name: {"deep": "x"}, "ip": name, "userAgent": name});
        sess = sess.express(format!("sess:{}", sid(n)), Some(name), &more);
    }
    let page = page(&sess, &["--top", "100", "--title", HOSTILE[1]]);
    well_formed(&page);
    for name in HOSTILE {
        assert!(!page.contains(name), "{name:?} stands in the page as it is");
    }
    let users: BTreeSet<String> =
        rows(&page, "data-t", "top_users")[1..].iter().map(|row| row[0].0.clone()).collect();
    assert_eq!(users.len(), HOSTILE.len());
    for shown in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&quot; onmouseover=&quot;alert(1)",
        "&#39; style=&#39;color:red",
        "--&gt;]]&gt;&amp;lt;b&amp;gt;",
        "\\u{202e}txt.exe",
        "a\\x07b\\x1b[31m\\x00c",
    ] {
        assert!(users.contains(shown), "{shown} is not in {users:?}");
    }
    // Names stand between tags alone, and nothing is loaded from anywhere.
    for piece in pieces(&page) {
        match piece {
            Piece::Open(name, attributes) => {
                assert!(!["img", "link", "iframe", "object", "base", "form"].contains(&name), "{name}");
                for (attribute, value) in attributes {
                    assert!(attribute != "src" && !value.contains("//") && !value.contains("alert"));
                }
            }
            Piece::Text(text) => assert!(!text.contains("url(") && !text.contains("@import")),
            Piece::Close(_) => {}
        }
    }
}

#[test]
fn a_page_may_do_nothing_but_show_itself() {
    use base64::Engine as _;
    use sha2::Digest as _;

    let page = page(&store(), &[]);
    let all = pieces(&page);
    let policy = all.iter().find_map(|piece| match piece {
        Piece::Open("meta", attributes) if attributes[0] == ("http-equiv", "Content-Security-Policy") => {
            Some(attributes[1].1)
        }
        _ => None,
    });
    let policy = policy.expect("a policy");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    let mut seen = 0;
    for pair in all.windows(2) {
        if let [Piece::Open(name @ ("style" | "script"), attributes), Piece::Text(text)] = pair {
            assert!(attributes.is_empty());
            let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text));
            assert!(policy.contains(&format!("{name}-src 'sha256-{digest}'")), "{name}: {policy}");
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    // Before it, nothing that it forbids could stand.
    let before = page.split("Content-Security-Policy").next().unwrap_or_default();
    assert!(!before.contains("<style") && !before.contains("<script"));
}

#[test]
fn everything_has_a_name_for_those_who_do_not_see_it() {
    let page = page(&store(), &[]);
    let all = pieces(&page);
    let opened = |wanted: &str| {
        all.iter().filter(|piece| matches!(piece, Piece::Open(name, _) if *name == wanted)).count()
    };
    assert_eq!(
        (opened("main"), opened("h1"), opened("nav"), opened("header"), opened("footer")),
        (1, 1, 1, 1, 1)
    );
    assert!(opened("table") >= 5 && opened("svg") >= 3);
    assert_eq!(opened("table"), opened("caption"));
    assert_eq!((opened("svg"), opened("svg")), (opened("desc"), opened("title") - 1));
    for piece in &all {
        let Piece::Open(name, attributes) = piece else { continue };
        let has = |wanted: &str| attributes.iter().any(|(name, _)| *name == wanted);
        match *name {
            "th" => assert!(has("scope")),
            "svg" => assert!(has("role") && has("aria-labelledby")),
            "section" | "nav" => assert!(has("aria-labelledby") || has("aria-label")),
            _ => {}
        }
    }
    let sorted = page.matches("class=\"sorted\"").count();
    assert!(sorted > 3);
    assert_eq!(page.matches("aria-sort=\"descending\">").count(), sorted);
}

#[test]
fn a_file_is_private_and_only_a_page_is_replaced() {
    let sess = store();
    let (path, text) = beside(&sess, "page.html");
    sess.args(["report", "--out", &text]).success().says("the page about").stdout("");
    private_to_owner(&path);
    let first = read(&path);
    well_formed(&first);
    assert!(first.contains(&format!("Sessions in {}", sess.server.url().replace('&', "&amp;"))));

    let told = sess.args(["report", "--out", &text, "--title", "Monday", "-o", "json"]).success().json();
    let second = read(&path);
    assert!(second.contains("<h1><bdi>Monday</bdi></h1>"));
    assert_eq!(
        told,
        json!({"file": text, "bytes": second.len(), "sessions": sess.rows(&[]).len(), "complete": true})
    );

    std::fs::write(&path, "<!DOCTYPE html>\n<p>my own").expect("written");
    sess.args(["report", "--out", &text]).code(1).says("not a sessctl report").says("--replace");
    assert_eq!(read(&path), "<!DOCTYPE html>\n<p>my own");
    sess.args(["report", "--out", &text, "--replace"]).success();
    well_formed(&read(&path));
    private_to_owner(&path);

    // A link would lead a page to where nobody meant it, or be lost.
    let (link, name) = beside(&sess, "link.html");
    symlink(&path, &link).expect("a link");
    sess.args(["report", "--out", &name, "--replace"]).code(1).says("not a regular file");
    let dir = sess.server.dir.path().to_str().expect("text");
    sess.args(["report", "--out", dir]).code(1).says("not a regular file");
    sess.args(["report", "--out", "/nonexistent/page.html"]).code(1).says("writing /nonexistent/page.html");
    sess.args(["report", "--out", &text, "-o", "csv"]).code(2).says("report prints where the page is");
    let left: Vec<_> = std::fs::read_dir(sess.server.dir.path())
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| name.to_string_lossy().starts_with(".sessctl-report"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn private_to_owner(path: &Path) {
    let mode = std::fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_dump_file_has_a_page_without_a_server() {
    let sess = store();
    sess.server.command(&["SAVE"]);
    let (_, dump) = beside(&sess, "dump.rdb");
    let live = page(&sess, &[]);
    let args = ["--store", &dump, "report", "--out", "-"];
    let dumped = sess.args(args).success().text();
    well_formed(&dumped);
    for name in ["sessions", "users", "authenticated", "anonymous"] {
        assert_eq!(data(&dumped, "data-f", name), data(&live, "data-f", name), "{name}");
        assert!(data(&dumped, "data-f", name) > Some(0));
    }
    assert!(live.contains("id=\"server\"") && !dumped.contains("id=\"server\""));
    // What a key takes only a server knows.
    assert!(dumped.contains("These are estimates: memory."), "{dumped}");
}

#[test]
fn findings_are_those_of_doctor() {
    let sess = store().set(format!("sess:{}", sid(901)), crate::support::express(Some("eve"), &json!({})));
    let page = page(&sess, &[]);
    well_formed(&page);
    let told = sess.args(["doctor", "-o", "json"]);
    let told: Json = serde_json::from_slice(&told.stdout).expect("JSON");
    let found = told["findings"].as_array().expect("a list");
    assert!(found.iter().any(|one| one["id"] == "no-ttl"));
    for one in found {
        let name = format!("finding.{}", one["id"].as_str().expect("a name"));
        assert_eq!(data(&page, "data-f", &name), one["count"].as_u64(), "{name}");
    }
    assert_eq!(page.matches("data-f=\"finding.").count(), found.len());
    assert!(page.contains("<code>sessctl expire --no-ttl --in 14d</code>"));
    let without = sess.args(["report", "--out", "-", "--no-findings"]).success().text();
    assert!(!without.contains("data-f=\"finding."));

    // What is on standard input is there once, and is looked for twice.
    let id = sid(901);
    let ran = sess.args_with_input(&["report", "--out", "-", "--ids-from", "-"], id.as_bytes());
    let one = ran.success().text();
    assert_eq!(data(&one, "data-f", "sessions"), Some(1));
    assert_eq!(data(&one, "data-f", "finding.no-ttl"), Some(1));
}

#[test]
fn a_page_says_what_it_is_not_about() {
    let sess = Sess::new().many(400);
    let some = page(&sess, &["--user-match", "user1*", "--layout", "connect-redis"]);
    well_formed(&some);
    assert!(
        some.contains(
            "Only some sessions were measured: <bdi>layout connect-redis; user is like user1*</bdi>."
        )
    );
    let none = page(&sess, &["--user", "nobody-at-all"]);
    well_formed(&none);
    assert!(none.contains("There is no session that matches.") && !none.contains("id=\"layouts\""));
    let share = page(&sess, &["--sample", "50%"]);
    well_formed(&share);
    assert!(share.contains("from a sample") && share.contains(">about "), "{share}");
}

#[test]
fn a_browser_is_given_the_whole_path() {
    let sess = store();
    let (script, _) = beside(&sess, "xdg-open");
    let (told, name) = beside(&sess, "opened");
    std::fs::write(&script, format!("#!/bin/sh\necho \"$1\" >'{name}'\n")).expect("a script");
    private(&script);
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).expect("a mode");
    let (_, text) = beside(&sess, "page.html");
    let dir = sess.server.dir.path().to_str().expect("text").to_string();
    let sess = sess.env("PATH", &dir);
    sess.args(["report", "--out", &text, "--open"]).success();
    let real = std::fs::canonicalize(&text).expect("a path");
    assert_eq!(Path::new(read(&told).trim_end()), real);
    std::fs::write(&script, "#!/bin/sh\nexit 3\n").expect("a script");
    sess.args(["report", "--out", &text, "--open"]).success().says("in a browser");
    sess.args(["report", "--out", "-", "--open"]).code(2).says("standard output");
}
