//! `sessctl watch`: what is on the screen while sessions come and go, and what is left of it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};
use sessctl::ui::full::{Full, Tone};

use crate::support::screen::Screen;
use crate::support::{Server, Sess, eventually, express_shop, express_shop_on, fixture, sid};

/// Whether a rate of that name is told and is more than none.
fn is_going(text: &str, name: &str) -> bool {
    let rate = text.split(&format!("{name} ")).nth(1).and_then(|rest| rest.split("/s").next());
    rate.and_then(|rate| rate.parse::<f64>().ok()).is_some_and(|rate| rate > 0.0)
}

/// The setting that decides whether the server tells anything.
fn setting(sess: &Sess) -> String {
    format!("{:?}", sess.server.command(&["CONFIG", "GET", "notify-keyspace-events"]))
}

#[test]
fn without_notifications_scans_are_compared() {
    let sess = express_shop();
    let before = setting(&sess);
    let screen = sess.screen(80, 24, &["watch", "--rescan", "100ms"]);
    screen.shows("3 sessions, 2 users").shows("from differences between scans");
    let sess = sess.express("sess:carol-00000000000000000000000000004", Some("carol"), &json!({}));
    screen.shows("4 sessions, 3 users").until("a login", |text| is_going(text, "logins"));
    sess.server.command(&["DEL", "sess:carol-00000000000000000000000000004"]);
    screen.shows("3 sessions, 2 users").until("an end", |text| is_going(text, "ends"));
    screen.press(&["q"]).shows("CODE 0, AS IT WAS").shows("BEFORE");
    assert_eq!(setting(&sess), before);
}

#[test]
fn with_notifications_each_second_is_told_and_nothing_scanned_for_it() {
    for flags in ["AKE", "KA"] {
        each_second_is_told(Server::start(), flags);
    }
}

/// The same on any server.
pub(crate) fn each_second_is_told(server: Server, flags: &str) {
    let sess = express_shop_on(server);
    sess.server.command(&["CONFIG", "SET", "notify-keyspace-events", flags]);
    let before = setting(&sess);
    let screen = sess.screen(100, 24, &["watch", "--rescan", "1h"]);
    screen.shows("3 sessions, 2 users").shows("as the server reports it").shows("logins 0/s");
    sess.server.forget_calls();
    let sess = sess.express("sess:zoe-000000000000000000000000000009", Some("zoe"), &json!({}));
    screen.shows("zoe").until("a login", |text| is_going(text, "logins"));
    sess.server.command(&["EXPIRE", "sess:bob-000000000000000000000000000003", "7200"]);
    screen.until("a renewal", |text| is_going(text, "renewals"));
    sess.server.command(&["UNLINK", "sess:bob-000000000000000000000000000003"]);
    screen.until("an end", |text| is_going(text, "ends"));
    // Other keys are nobody's login.
    assert!(!sess.server.calls().contains_key("scan"), "{:?}", sess.server.calls());
    screen.press(&["C-c"]).shows("CODE 130, AS IT WAS");
    assert_eq!(setting(&sess), before);
}

#[test]
fn a_user_is_ended_from_the_screen_as_purge_does_it() {
    let sess = express_shop();
    let before = sess.server.snapshot();
    let screen = sess.screen(90, 30, &["watch", "--rescan", "1h"]);
    screen.shows("alice").press(&["Tab"]).shows("USERS").press(&["p"]);
    screen.shows("About to end 2 sessions").shows("End them? [y/N]").types("n").press(&["Enter"]);
    screen.shows("cancelled; nothing was changed").press(&["x"]).shows("USERS");
    assert!(sess.server.snapshot() == before);
    screen.press(&["p"]).shows("End them? [y/N]").types("y").press(&["Enter"]);
    screen.shows("to take it back: sessctl undo").press(&["x"]).shows("1 session, 1 user");
    assert_eq!(sess.server.size(), 2);
    screen.press(&["q"]).shows("CODE 0, AS IT WAS");
    sess.args(["undo", "--yes"]).success();
    assert!(sess.server.snapshot() == before);
}

#[test]
fn a_session_is_inspected_and_others_are_filtered() {
    let sess = express_shop();
    let screen = sess.screen(90, 30, &["watch", "--rescan", "1h"]);
    screen.shows("3 sessions").press(&["/"]).types("bob").shows("filter: bob").press(&["Enter"]);
    screen.shows("1 session, 1 user").shows("only: ").press(&["Enter"]).shows("connect-redis");
    screen.shows("passport").shows("Press a key to continue watching").press(&["x"]).shows("SESSIONS");
    screen.press(&["/"]).types("--idle soon").press(&["Enter"]).shows("--idle 'soon'");
    screen
        .press(&["Escape"])
        .shows("3 sessions")
        .press(&["?"])
        .shows("end the session, or all")
        .press(&["q"]);
    screen.shows("CODE 0, AS IT WAS");
}

#[test]
fn a_profile_that_is_read_only_stays_so() {
    let sess = express_shop();
    let text = format!("[profiles.p]\nstore = {:?}\nread_only = true\n", sess.server.url());
    let sess = Sess::on(sess.server).use_profile(&text);
    let before = sess.server.snapshot();
    let screen = sess.screen(90, 30, &["watch", "--rescan", "1h"]);
    screen.shows("SESSIONS").shows("alice").press(&["p"]).shows("is read-only").press(&["x"]);
    screen.shows("SESSIONS").press(&["q"]).shows("CODE 0, AS IT WAS");
    assert!(sess.server.snapshot() == before);
}

#[test]
fn a_terminal_may_be_small_and_become_smaller() {
    let sess = Sess::new().many(60);
    let screen = sess.screen(40, 15, &["watch", "--rescan", "1h"]);
    screen.shows("60 sessions, 60 users").shows("in 59m").shows("q leave");
    for (columns, rows) in [(80, 24), (30, 8), (3, 2), (80, 24)] {
        screen.resize(columns, rows);
        if columns >= 30 {
            screen.until("it fits", |text| {
                text.contains("q leave") && text.lines().filter(|line| line.contains("user")).count() > 1
            });
        }
    }
    screen.press(&["q"]).shows("CODE 0, AS IT WAS");
}

#[test]
fn a_signal_and_a_lost_server_leave_the_terminal_as_it_was() {
    let mut sess = express_shop();
    let screen = sess.screen(80, 24, &["watch", "--rescan", "100ms"]);
    screen.shows("3 sessions");
    sess.server.kill();
    screen.shows("failing: ");
    sess.server.restart(&[]);
    screen.shows("0 sessions");
    let pid = sess.pid_on_screen().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    screen.shows("CODE 130, AS IT WAS").shows("BEFORE");
}

/// Run on a terminal by [`a_panic_leaves_the_terminal_as_it_was`].
#[test]
#[ignore = "takes the terminal that it is run on, and panics"]
fn takes_the_terminal_and_panics() {
    let mut full = Full::enter(false).expect("a terminal");
    full.draw(|_, _| vec![vec![("TAKEN".to_string(), Tone::Plain)]]).expect("drawn");
    std::thread::spawn(|| panic!("what it died of")).join().expect("no panic");
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was() {
    let line = format!(
        "was=$(stty -g); echo BEFORE; RUST_BACKTRACE=0 '{}' --exact watch::takes_the_terminal_and_panics \
         --ignored --nocapture; [ \"$was\" = \"$(stty -g)\" ] && echo AS IT WAS",
        std::env::current_exe().expect("this program").display()
    );
    let screen = Screen::of(100, 30, &line, &[]);
    screen.shows("AS IT WAS").shows("BEFORE").shows("what it died of");
    assert!(!screen.text().contains("TAKEN"), "{}", screen.text());
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let evil = "\u{1b}]0;evil\u{7}\u{1b}[31mred\u{202e}gpj";
    for env in [None, Some(("NO_COLOR", "1")), Some(("LC_ALL", "C"))] {
        let sess = Sess::new().express(format!("sess:{}", sid(1)), Some(evil), &json!({"ip": "\u{1b}[2J"}));
        let sess = if let Some((name, value)) = env { sess.env(name, value) } else { sess };
        let mut terminal = sess.terminal_of(80, 24, &["watch"]);
        terminal.shows("\\x1b]0;ev");
        terminal.types("q");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0), "{shown:?}");
        for part in ["\u{1b}]0", "\u{1b}[31m", "\u{202e}", "\u{7}"] {
            assert!(!shown.contains(part), "{part:?} is in {shown:?}");
        }
        if let Some(("NO_COLOR", _)) = env {
            let colour =
                |number: &str| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107_u32));
            let coloured = shown.split("\u{1b}[").filter_map(|rest| {
                let (numbers, _) = rest.split_once(|char: char| char.is_ascii_alphabetic())?;
                (rest[numbers.len()..].starts_with('m') && numbers.split(';').any(colour)).then_some(rest)
            });
            assert_eq!(coloured.collect::<Vec<_>>(), [""; 0]);
        }
        if let Some(("LC_ALL", _)) = env {
            assert!(shown.is_ascii(), "{shown:?}");
        }
    }
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let sess = Sess::new().many(3);
    let screen = sess.screen(80, 24, &["watch"]);
    screen.shows("sessions");
    let pid = sess.pid_on_screen();
    screen.close();
    eventually("it has ended", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn what_is_printed_once_is_what_stats_says() {
    let sess = express_shop();
    let stats = sess.args(["stats", "-o", "json"]).success().json();
    let once = sess.args(["watch", "--once", "-o", "json"]).success().json();
    for member in ["sessions", "authenticated", "anonymous", "users", "bytes", "layouts", "top_users"] {
        assert_eq!(once[member], stats[member], "{member}");
    }
    assert_eq!(once["ending"]["1h"], json!(3));
    let minutes = once["ending"]["minutes"].as_array().expect("minutes");
    assert_eq!((minutes.len(), minutes.iter().filter_map(Json::as_u64).sum::<u64>()), (60, 3));
    assert_eq!(once["rates"], Json::Null);
    assert!(once["latency_ms"].as_f64() > Some(0.0));
    let text = sess.args(["watch", "--once"]).success();
    text.shows("3 sessions, 2 users").shows("alice").hides("0000000000000001").clean();
    let mut running = sess.start(["watch", "-o", "ndjson", "--rescan", "10ms"]);
    let lines: Vec<Json> = (0..3).map(|_| serde_json::from_str(&running.line()).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["sessions"] == json!(3)), "{lines:?}");
    assert_eq!(lines[2]["rates"]["by"], json!("scans"));
    running.interrupt();
    running.end().code(130);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let sess = express_shop();
    sess.args(["watch"]).code(2).says("watch needs a terminal").says("--once");
    sess.args(["watch", "-o", "json"]).code(2).says("use --once");
    sess.args(["watch", "-o", "csv"]).code(2);
    let (code, shown) = Sess::on(express_shop().server).env("TERM", "dumb").terminal(&["watch"]).end();
    assert_eq!(code, Some(2), "{shown}");
    sess.args(["watch", "--store", "redis://127.0.0.1:1", "--once"]).code(1).says("cannot connect");
    let dump = fixture("connect-redis").join("none.rdb");
    sess.args(["watch", "-o", "ndjson", "--store", dump.to_str().expect("a path")]).code(1);
    sess.server.command(&["SAVE"]);
    let dump = sess.server.dir.path().join("dump.rdb");
    let dump = dump.to_str().expect("a path");
    sess.args(["watch", "-o", "ndjson", "--store", dump]).code(5).says("nothing to watch").says("stats");
    sess.args(["watch", "--once", "--store", dump]).success().shows("3 sessions");
}

#[test]
fn a_watched_server_is_asked_little() {
    let sess = Sess::new().many(500);
    let screen = sess.screen(80, 24, &["watch", "--rescan", "1h"]);
    screen.shows("500 sessions");
    sess.server.forget_calls();
    eventually("it looks how the server is", || {
        sess.server.calls().get("time").is_some_and(|calls| *calls >= 3)
    });
    let calls = sess.server.calls();
    for command in ["scan", "mget", "get", "memory|usage", "keys", "config|set"] {
        assert!(!calls.contains_key(command), "{calls:?}");
    }
    screen.press(&["r"]);
    eventually("it scans", || sess.server.calls().contains_key("scan"));
    screen.press(&["q"]).shows("CODE 0, AS IT WAS");
}

/// The figures are what Prometheus takes without a complaint.
#[track_caller]
fn prometheus_takes(text: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool must be installed for these tests");
    promtool.stdin.take().expect("stdin").write_all(text.as_bytes()).expect("it reads");
    let output = promtool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
}

#[test]
fn metrics_are_printed_once_for_a_collector_of_files() {
    let sess = express_shop().express(format!("sess:{}", sid(1)), None, &json!({"ip": "192.0.2.1"}));
    let text =
        sess.args(["watch", "--metrics", "-"]).success().silent().hides("alice").hides("192.0.2.1").text();
    prometheus_takes(&text);
    let store = sess.server.url();
    for line in [
        &format!("sessctl_sessions{{store=\"{store}?db=0\"}} 4\n"),
        &format!("sessctl_sessions_by_login{{store=\"{store}?db=0\",login=\"user\"}} 3\n"),
        "login=\"nobody\"} 1\n",
        "sessctl_up{",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(!text.contains("sessctl_logins"), "{text}");
    let text = sess.args(["watch", "--metrics", "-", "--metrics-users"]).success().text();
    prometheus_takes(&text);
    assert!(text.contains("user=\"alice\"} 2\n") && text.contains("address=\"192.0.2.1\"} 1\n"), "{text}");
    sess.args(["watch", "--metrics", "-", "-o", "json"]).code(2).says("leave out -o");
    sess.args(["watch", "--metrics", "here"]).code(2).says("cannot listen at this address");
}

/// Sends this and gives what comes back.
fn asked(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut response = String::new();
    // Who is turned away at the door gets nothing, or a reset.
    let _ = stream.read_to_string(&mut response);
    response
}

#[test]
fn metrics_are_served_to_whoever_asks() {
    let sess = express_shop();
    sess.server.command(&["CONFIG", "SET", "notify-keyspace-events", "AKE"]);
    let (error, end) = std::io::pipe().expect("a pipe");
    let mut child = sess
        .command(["watch", "--metrics", "0", "--rescan", "1h"])
        .stdout(Stdio::null())
        .stderr(end)
        .spawn()
        .expect("it starts");
    let mut said = String::new();
    let mut lines = std::io::BufReader::new(error);
    std::io::BufRead::read_line(&mut lines, &mut said).expect("a line");
    let address = said.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    let get = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    eventually("a scan", || {
        asked(address, get).contains("sessctl_up{") && asked(address, get).contains("db=0\"} 3\n")
    });
    let sess = sess.express("sess:zoe-000000000000000000000000000009", Some("zoe"), &json!({}));
    eventually("a login", || {
        asked(address, get)
            .lines()
            .any(|line| line.starts_with("sessctl_logins_total") && line.ends_with(" 1"))
    });
    let response = asked(address, get);
    let (head, body) = response.split_once("\r\n\r\n").expect("a body");
    assert!(head.contains("text/plain; version=0.0.4") && !body.contains("zoe"), "{response}");
    prometheus_takes(body);
    let open = asked(address, "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n");
    assert!(open.contains("application/openmetrics-text") && open.ends_with("# EOF\n"), "{open}");
    for (request, code) in [
        ("GET /other HTTP/1.1\r\n\r\n", " 404 "),
        ("DELETE /metrics HTTP/1.1\r\n\r\n", " 405 "),
        (&format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(20_000)), " 431 "),
    ] {
        // What was not read makes the answer be lost with the connection, at times.
        eventually(code, || asked(address, request).contains(code));
    }
    // Whoever opens connections and says nothing is not waited for by others.
    let silent: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(address).expect("it listens")).collect();
    drop(silent);
    eventually("it answers again", || asked(address, get).contains(" 200 "));
    let taken = sess.args(["watch", "--metrics", address]).code(1);
    taken.says("cannot listen at").says("another program is listening there");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
