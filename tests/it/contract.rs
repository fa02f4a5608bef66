//! The contract of a store, asked of a real server and of the store in memory alike: what one of them
//! answers otherwise is the other's own and no part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;

use sessctl::layout::session::{Login, Session};
use sessctl::scan::{self, End, Request, Said, Sink, Tally};
use sessctl::store::files::Folder;
use sessctl::store::memcached::Servers;
use sessctl::store::memory::{Held, Memory};
use sessctl::store::redis::target::Target;
use sessctl::store::{
    Applied, Backup, Ends, Expiry, Fit, IndexOp, Interest, Keeper, Key, Kind, Medium, Need, Op, Open,
    Outcome, Own, Page, Query, Raw, Rewrite, Step, Store, Ttl, fingerprint,
};
use sessctl::text::clock::now_ms;

use crate::memcached::Cache;
use crate::support::cluster::Cluster;
use crate::support::{Content, Server, express, sid};

/// A store, and a way to write into it beside whoever is tested.
trait Shop {
    fn open(&self) -> Box<dyn Open>;
    fn put(&self, key: &str, held: Held, end: Option<i64>);
    fn get(&self, key: &str) -> Option<Held>;
    fn end(&self, key: &str) -> Option<i64>;

    fn store(&self) -> Box<dyn Store> {
        self.open().store().expect("a store")
    }
}

impl Shop for Memory {
    fn open(&self) -> Box<dyn Open> {
        Box::new(self.clone())
    }

    fn put(&self, key: &str, held: Held, end: Option<i64>) {
        Memory::put(self, key.as_bytes(), held, end);
    }

    fn get(&self, key: &str) -> Option<Held> {
        Memory::get(self, key.as_bytes()).map(|(held, _)| held)
    }

    fn end(&self, key: &str) -> Option<i64> {
        Memory::get(self, key.as_bytes()).and_then(|(_, end)| end)
    }
}

impl Shop for Server {
    fn open(&self) -> Box<dyn Open> {
        Box::new(Target::parse(&self.url()).expect("a target"))
    }

    fn put(&self, key: &str, held: Held, end: Option<i64>) {
        self.command(&["DEL", key]);
        let mut args: Vec<Vec<u8>> = Vec::new();
        match held {
            Held::Text(text) => args.extend([b"SET".to_vec(), key.into(), text]),
            Held::Hash(fields) => {
                args.extend([b"HSET".to_vec(), key.into()]);
                args.extend(fields.into_iter().flat_map(|(field, value)| [field, value]));
            }
            Held::Set(members) => {
                args.extend([b"SADD".to_vec(), key.into()]);
                args.extend(members);
            }
            Held::Sorted(members) => {
                args.extend([b"ZADD".to_vec(), key.into()]);
                args.extend(
                    members.into_iter().flat_map(|(member, score)| [score.to_string().into(), member]),
                );
            }
            Held::List(items) => {
                args.extend([b"RPUSH".to_vec(), key.into()]);
                args.extend(items);
            }
        }
        self.command(&args);
        if let Some(end) = end {
            self.command(&["PEXPIREAT", key, &end.to_string()]);
        }
    }

    fn get(&self, key: &str) -> Option<Held> {
        Some(match self.contents().remove(key.as_bytes())? {
            Content::Text(text) => Held::Text(text),
            Content::Fields(fields) => Held::Hash(fields.into_iter().collect()),
            Content::Members(members) => Held::Set(members.into_iter().collect()),
            Content::Scored(members) => Held::Sorted(members),
        })
    }

    fn end(&self, key: &str) -> Option<i64> {
        self.snapshot().get(key.as_bytes()).map(|(_, end)| *end).filter(|end| *end >= 0)
    }
}

/// One node with all slots: what is in different ones cannot be changed together there either.
impl Shop for Cluster {
    fn open(&self) -> Box<dyn Open> {
        Box::new(Target::parse(&self.url()).expect("a target"))
    }

    fn put(&self, key: &str, held: Held, end: Option<i64>) {
        self.node(0).put(key, held, end);
    }

    fn get(&self, key: &str) -> Option<Held> {
        self.node(0).get(key)
    }

    fn end(&self, key: &str) -> Option<i64> {
        self.node(0).end(key)
    }
}

/// Runs a test on each kind of store.
fn each(test: fn(&dyn Shop)) {
    test(&Memory::new("test"));
    test(&Server::start());
    test(&Cluster::start(1));
}

const HOUR: i64 = 3_600_000;

fn text(text: &str) -> Held {
    Held::Text(text.into())
}

fn set(members: &[&str]) -> Held {
    Held::Set(members.iter().map(|member| member.as_bytes().to_vec()).collect())
}

fn sorted(members: &[(&str, f64)]) -> Held {
    Held::Sorted(members.iter().map(|(member, score)| (member.as_bytes().to_vec(), *score)).collect())
}

fn hash(fields: &[(&str, &str)]) -> Held {
    Held::Hash(
        fields.iter().map(|(field, value)| (field.as_bytes().to_vec(), value.as_bytes().to_vec())).collect(),
    )
}

fn key(name: &str) -> Key {
    Key(name.into())
}

/// A step on what is there now.
fn step(store: &mut dyn Store, name: &str, own: Own, then: Vec<Op>) -> Step {
    let record = store.read(&[key(name)], Need::VALUE).expect("an answer").remove(0);
    Step {
        key: key(name),
        hash: matches!(record.raw, Raw::Hash(_)),
        seen: fingerprint(&record.raw).expect("a session"),
        bytes: record.raw.bytes(),
        own,
        then,
        ends: None,
        held: None,
    }
}

/// Keeps what it is given, unless it is told to fail.
#[derive(Default)]
struct Kept {
    backups: Vec<Backup>,
    fails: bool,
}

impl Keeper for Kept {
    fn prepared(&mut self, backups: &[Backup]) -> io::Result<()> {
        if self.fails {
            return Err(io::Error::other("the disk is full"));
        }
        self.backups.extend_from_slice(backups);
        Ok(())
    }

    fn void(&mut self, steps: &[u32]) -> io::Result<()> {
        self.backups.retain(|backup| !steps.contains(&backup.step));
        Ok(())
    }
}

#[track_caller]
fn outcomes(applied: Applied) -> Vec<Outcome> {
    assert!(applied.stopped.is_none(), "{:?}", applied.stopped);
    applied.outcomes
}

#[test]
fn a_scan_gives_every_key_once_and_reads_as_much_as_it_is_told() {
    each(|shop| {
        for n in 0..500 {
            shop.put(&format!("a:{n}"), text("value"), Some(now_ms() + HOUR));
        }
        shop.put("b:hash", hash(&[("f", "v")]), None);
        shop.put("b:set", set(&["m"]), None);
        let mut store = shop.store();
        let mut seen: BTreeMap<Vec<u8>, Raw> = BTreeMap::new();
        let mut scanned = 0;
        let mut query = Query {
            pattern: None,
            need: Need::VALUE.and(Need::TTL),
            interest: &mut |key: &[u8]| match key {
                key if key.ends_with(b"7") => Interest::Skip,
                key if key.ends_with(b"8") => Interest::Name,
                key if key.ends_with(b"9") => Interest::Look,
                key => Interest::Read { hash: key.ends_with(b"hash") },
            },
        };
        store
            .scan(&mut query, &mut |page: Page| {
                scanned += page.scanned;
                for record in page.records {
                    let read = !record.key.0.ends_with(b"8") && !record.key.0.ends_with(b"9");
                    if read && !matches!(record.raw, Raw::Other(_)) {
                        assert_ne!(record.ttl, Ttl::Unasked, "{:?}", record.key);
                    }
                    assert!(seen.insert(record.key.0, record.raw).is_none(), "a key came twice");
                }
                ControlFlow::Continue(())
            })
            .expect("a whole scan");
        assert_eq!((scanned, seen.len()), (502, 452));
        assert_eq!(seen[&b"a:8"[..]], Raw::Unread);
        assert_eq!(seen[&b"a:9"[..]], Raw::Text(b"value".to_vec()));
        assert_eq!(seen[&b"b:hash"[..]], Raw::Hash(vec![(b"f".to_vec(), b"v".to_vec())]));
        assert_eq!(seen[&b"b:set"[..]], Raw::Other(Kind::Set));
        assert_eq!(store.size().expect("a size"), Some(502));
        // A visitor that has had enough is no error.
        let mut pages = 0;
        let mut query = Query { pattern: None, need: Need::NOTHING, interest: &mut |_| Interest::Name };
        let ended = store.scan(&mut query, &mut |_| {
            pages += 1;
            ControlFlow::Break(())
        });
        assert!(ended.is_ok() && pages == 1);
    });
}

#[test]
fn any_key_can_be_asked_for_and_one_that_is_not_there_is_gone() {
    each(|shop| {
        shop.put("s", text("value"), Some(now_ms() + HOUR));
        shop.put("for-ever", hash(&[("f", "v")]), None);
        shop.put("index", set(&["m", "n"]), None);
        shop.put("scores", sorted(&[("m", 1.5)]), None);
        let mut store = shop.store();
        let keys = [key("s"), key("nobody"), key("for-ever"), key("index")];
        let records = store.read(&keys, Need::VALUE.and(Need::TTL)).expect("records");
        let raws: Vec<&Raw> = records.iter().map(|record| &record.raw).collect();
        assert_eq!(*raws[0], Raw::Text(b"value".to_vec()));
        assert_eq!(*raws[1], Raw::Gone);
        assert_eq!(*raws[3], Raw::Other(Kind::Set));
        assert!(matches!(records[0].ttl, Ttl::In(ms) if ms <= HOUR as u64 && ms > HOUR as u64 / 2));
        assert_eq!(records[2].ttl, Ttl::Never);
        let kinds = store.kinds(&keys).expect("kinds");
        assert_eq!(kinds, [Some(Kind::String), None, Some(Kind::Hash), Some(Kind::Set)]);
        assert_eq!(store.entries(&key("scores"), 10).expect("entries"), [b"m".to_vec()]);
        assert!(store.entries(&key("index"), 1).expect("entries").is_empty(), "too many of them");
        let members = store.members(&[key("index"), key("nobody")], false).expect("members");
        let members: Vec<BTreeSet<_>> = members.into_iter().map(|of| of.into_iter().collect()).collect();
        assert_eq!(members, [BTreeSet::from([b"m".to_vec(), b"n".to_vec()]), BTreeSet::new()]);
        let probes = [
            Op::Unlink(key("s")),
            Op::Unlink(key("nobody")),
            Op::Index(IndexOp::SetRemove { key: key("index"), member: b"m".to_vec() }),
            Op::Index(IndexOp::SetRemove { key: key("index"), member: b"x".to_vec() }),
            Op::Index(IndexOp::SortedRemove { key: key("scores"), member: b"m".to_vec() }),
            Op::UnlinkIfEquals(key("s"), b"value".to_vec()),
            Op::UnlinkIfEquals(key("s"), b"other".to_vec()),
        ];
        let found = store.probe(&probes).expect("an answer");
        assert_eq!(found, [true, false, true, false, true, true, false]);
        assert!((store.now().expect("a clock") - now_ms()).abs() < HOUR);
    });
}

#[test]
fn a_session_goes_with_what_belongs_to_it_and_comes_back_as_it_was() {
    each(|shop| {
        let end = now_ms() + HOUR;
        shop.put("s", text("value"), Some(end));
        shop.put("h", hash(&[("f", "v"), ("g", "w")]), None);
        shop.put("index", set(&["s", "other"]), None);
        shop.put("scores", sorted(&[("s", 7.0)]), None);
        shop.put("fields", hash(&[("s", "1"), ("t", "2")]), None);
        shop.put("list", text(r#"["s","t"]"#), None);
        shop.put("lock", text("1"), None);
        shop.put("mine", set(&["a", "b"]), None);
        let mut store = shop.store();
        let then = vec![
            Op::Index(IndexOp::SetRemove { key: key("index"), member: b"s".to_vec() }),
            Op::Index(IndexOp::SortedRemove { key: key("scores"), member: b"s".to_vec() }),
            Op::Index(IndexOp::HashRemove { key: key("fields"), field: b"s".to_vec() }),
            Op::Index(IndexOp::JsonListRemove {
                key: key("list"),
                item: sessctl::store::JsonItem::Text("s".into()),
                when_empty: sessctl::store::WhenEmpty::Unlink,
            }),
            Op::Unlock(key("lock")),
            Op::Unlink(key("mine")),
        ];
        let steps = [step(&mut *store, "s", Own::End, then), step(&mut *store, "h", Own::End, Vec::new())];
        store.may_change(&steps.iter().collect::<Vec<_>>()).expect("permission");
        let mut kept = Kept::default();
        let done = outcomes(store.apply(&steps, Fit::Seen, Some(&mut kept)));
        assert_eq!(done, [Outcome::Done { keys: 3, entries: 4 }, Outcome::Done { keys: 1, entries: 0 }]);
        for gone in ["s", "h", "scores", "lock", "mine"] {
            assert_eq!(shop.get(gone), None, "{gone}");
        }
        assert_eq!(shop.get("index"), Some(set(&["other"])));
        assert_eq!(shop.get("list"), Some(text(r#"["t"]"#)));
        // A second time there is nothing to do.
        let again = outcomes(store.apply(&steps, Fit::Seen, None));
        let nothing = Outcome::Gone { keys: 0, entries: 0 };
        assert_eq!(again, [nothing.clone(), nothing]);

        // Back, and back again: what an undo did before it was cut short is no conflict.
        for _ in 0..2 {
            let back = outcomes(store.restore(&kept.backups));
            assert!(back.iter().all(|one| matches!(one, Outcome::Done { .. })), "{back:?}");
        }
        assert_eq!((shop.get("s"), shop.end("s")), (Some(text("value")), Some(end)));
        assert_eq!(shop.get("h"), Some(hash(&[("f", "v"), ("g", "w")])));
        assert_eq!(shop.get("index"), Some(set(&["s", "other"])));
        assert_eq!(shop.get("scores"), Some(sorted(&[("s", 7.0)])));
        assert_eq!(shop.get("list"), Some(text(r#"["s","t"]"#)));
        assert_eq!(shop.get("mine"), Some(set(&["a", "b"])));
        assert_eq!(shop.get("lock"), None, "whoever held it is gone");
    });
}

#[test]
fn what_changed_since_it_was_seen_stays_and_nothing_newer_is_written_over() {
    each(|shop| {
        shop.put("s", text("old"), None);
        shop.put("t", text("old"), None);
        shop.put("index", set(&["s", "t"]), None);
        let mut store = shop.store();
        let leave = |name: &str| Op::Index(IndexOp::SetRemove { key: key("index"), member: name.into() });
        let steps = [
            step(&mut *store, "s", Own::End, vec![leave("s")]),
            step(&mut *store, "t", Own::End, vec![leave("t")]),
        ];
        shop.put("s", text("new"), None);
        let mut kept = Kept::default();
        let done = outcomes(store.apply(&steps, Fit::Seen, Some(&mut kept)));
        assert_eq!(done, [Outcome::Changed, Outcome::Done { keys: 1, entries: 1 }]);
        assert_eq!((shop.get("s"), shop.get("t")), (Some(text("new")), None));
        assert_eq!(shop.get("index"), Some(set(&["s"])));
        // It was logged in again before the undo.
        shop.put("t", text("newer"), None);
        assert_eq!(outcomes(store.restore(&kept.backups)), [Outcome::Changed]);
        assert_eq!(shop.get("t"), Some(text("newer")));
        assert_eq!(shop.get("index"), Some(set(&["s"])), "nor does its entry come back");
    });
}

#[test]
fn an_end_that_moved_is_a_change_where_it_was_chosen_by_its_end() {
    each(|shop| {
        let now = now_ms();
        shop.put("s", text("value"), Some(now + HOUR));
        let mut store = shop.store();
        let mut matched = step(&mut *store, "s", Own::End, Vec::new());
        matched.ends = Some(Ends { seen: Some(now + HOUR), from: now, until: now + 2 * HOUR, never: false });
        shop.put("s", text("value"), Some(now + 24 * HOUR));
        assert_eq!(outcomes(store.apply(&[matched.clone()], Fit::Seen, None)), [Outcome::Changed]);
        shop.put("s", text("value"), Some(now + HOUR + HOUR / 2));
        let done = outcomes(store.apply(&[matched], Fit::Seen, None));
        assert_eq!(done, [Outcome::Done { keys: 1, entries: 0 }]);
    });
}

#[test]
fn nothing_changes_where_it_cannot_be_written_down() {
    each(|shop| {
        shop.put("s", text("value"), None);
        let mut store = shop.store();
        let steps = [step(&mut *store, "s", Own::End, Vec::new())];
        let mut kept = Kept { fails: true, ..Kept::default() };
        let applied = store.apply(&steps, Fit::Seen, Some(&mut kept));
        assert!(matches!(applied.outcomes[..], [Outcome::Failed(_)]), "{applied:?}");
        assert!(applied.stopped.is_some_and(|error| error.to_string().contains("the disk is full")));
        assert_eq!(shop.get("s"), Some(text("value")));
    });
}

#[test]
fn ends_move_and_values_follow_and_both_come_back() {
    each(|shop| {
        let end = now_ms() + HOUR;
        shop.put("s", text("value"), Some(end));
        shop.put("h", hash(&[("f", "v"), ("g", "w")]), Some(end));
        shop.put("index", set(&["s"]), Some(end));
        let mut store = shop.store();
        let later = end + HOUR;
        let move_to = |at, rewrite| Own::Expire { at, rewrite };
        let steps = [
            step(
                &mut *store,
                "s",
                move_to(Expiry::At(later), Some(Rewrite::Text(b"valve".to_vec()))),
                vec![Op::Outlive { key: key("index"), at: Some(later) }],
            ),
            step(
                &mut *store,
                "h",
                move_to(
                    Expiry::Persist,
                    Some(Rewrite::Fields(vec![(key("f"), key("x")), (key("n"), key("y"))])),
                ),
                Vec::new(),
            ),
        ];
        let mut kept = Kept::default();
        let done = outcomes(store.apply(&steps, Fit::Seen, Some(&mut kept)));
        assert!(done.iter().all(|one| matches!(one, Outcome::Done { .. })), "{done:?}");
        assert_eq!((shop.get("s"), shop.end("s")), (Some(text("valve")), Some(later)));
        assert_eq!((shop.get("h"), shop.end("h")), (Some(hash(&[("f", "x"), ("g", "w"), ("n", "y")])), None));
        assert_eq!(shop.end("index"), Some(later));
        // A run that is gone on with finds its own doing.
        let resumed = outcomes(store.apply(&steps, Fit::SeenOrDone, None));
        assert!(resumed.iter().all(|one| matches!(one, Outcome::Done { .. })), "{resumed:?}");
        assert_eq!(outcomes(store.apply(&steps[..1], Fit::Seen, None)), [Outcome::Changed]);
        let back = outcomes(store.restore(&kept.backups));
        assert!(back.iter().all(|one| matches!(one, Outcome::Done { .. })), "{back:?}");
        assert_eq!((shop.get("s"), shop.end("s")), (Some(text("value")), Some(end)));
        assert_eq!((shop.get("h"), shop.end("h")), (Some(hash(&[("f", "v"), ("g", "w")])), Some(end)));
        let companions: Vec<_> = kept.backups.into_iter().flat_map(|backup| backup.companions).collect();
        store.restore_whole(&companions).expect("the ends of indexes");
        assert_eq!(shop.end("index"), Some(end));
    });
}

/// Counts the sessions that a scan gives.
#[derive(Default)]
struct Users(BTreeSet<String>);

impl Sink for Users {
    fn session(&mut self, session: &Session<'_>) -> Said {
        if let Login::User(user) = session.login() {
            self.0.insert(user.to_string());
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pause(&mut self, _: &Tally) -> Said {
        Ok(ControlFlow::Continue(()))
    }
}

#[test]
fn sessions_are_recognised_in_whatever_keeps_the_contract() {
    each(|shop| {
        for (n, user) in ["ada", "bob", "cyd"].iter().enumerate() {
            let value = express(Some(user), &serde_json::json!({}));
            shop.put(&format!("sess:{}", sid(n)), text(&value), Some(now_ms() + HOUR));
        }
        shop.put("cache:page", text("<html>"), None);
        let catalog = sessctl::frameworks::Catalog::new(Vec::new());
        let setups = catalog.choose(&[], &BTreeMap::default(), None, Medium::Redis).expect("layouts");
        let open = shop.open();
        let (mut scanner, mut aside) = (open.reader().expect("a reader"), open.reader().expect("a reader"));
        let request = Request {
            setups: &setups,
            pattern: None,
            first: Need::VALUE,
            then: Need::TTL,
            keeps: &|_| true,
            copies: false,
        };
        let mut users = Users::default();
        let (tally, end) = scan::sessions(&mut *scanner, &mut *aside, &request, &mut users).expect("a scan");
        assert!(matches!(end, End::Complete));
        assert_eq!((tally.scanned, tally.sessions), (4, 3));
        assert_eq!(users.0, BTreeSet::from(["ada", "bob", "cyd"].map(String::from)));
    });
}

/// A folder: a text is what a file holds.
struct Shelf(tempfile::TempDir);

impl Shop for Shelf {
    fn open(&self) -> Box<dyn Open> {
        let url = format!("files:{}", self.0.path().display());
        Box::new(Folder::parse(&url).expect("a folder").expect("a path"))
    }

    fn put(&self, key: &str, held: Held, _: Option<i64>) {
        let Held::Text(text) = held else { panic!("a file holds a text") };
        let path = self.0.path().join(key);
        std::fs::write(&path, text).expect("a file");
        // Long ago enough that nobody writes it any more.
        let file = std::fs::File::options().append(true).open(path).expect("a file");
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).expect("a time");
    }

    fn get(&self, key: &str) -> Option<Held> {
        std::fs::read(self.0.path().join(key)).ok().map(Held::Text)
    }

    fn end(&self, _: &str) -> Option<i64> {
        None
    }
}

/// Memcached: a text is the value of an item.
impl Shop for Cache {
    fn open(&self) -> Box<dyn Open> {
        Box::new(Servers::parse(&self.url()).expect("a server").expect("an address"))
    }

    fn put(&self, key: &str, held: Held, end: Option<i64>) {
        let Held::Text(text) = held else { panic!("an item holds a text") };
        Cache::put(self, key, 0, end.map_or(0, |end| (end - now_ms() + 999) / 1000), text);
    }

    fn get(&self, key: &str) -> Option<Held> {
        Cache::get(self, key).map(|(value, _, _)| Held::Text(value))
    }

    fn end(&self, key: &str) -> Option<i64> {
        Cache::get(self, key).map(|(_, _, left)| now_ms() + left * 1000)
    }
}

/// Runs a test on each kind of store of which a session alone is asked, without any index.
fn every(test: fn(&dyn Shop)) {
    test(&Memory::new("test"));
    test(&Server::start());
    test(&Shelf(tempfile::tempdir().expect("a directory")));
    test(&Cache::start(&[]));
}

#[test]
fn a_session_alone_is_found_ended_and_put_back_in_whatever_keeps_it() {
    every(|shop| {
        for n in 0..700 {
            shop.put(&format!("a{n}"), text("value"), Some(now_ms() + HOUR));
        }
        let mut store = shop.store();
        let mut seen = BTreeSet::new();
        let mut scanned = 0;
        let mut query = Query {
            pattern: None,
            need: Need::VALUE.and(Need::TTL).and(Need::MEMORY),
            interest: &mut |key: &[u8]| match key {
                key if key.ends_with(b"7") => Interest::Skip,
                key if key.ends_with(b"8") => Interest::Name,
                _ => Interest::Read { hash: true },
            },
        };
        let visit = &mut |page: Page| {
            scanned += page.scanned;
            for record in page.records {
                assert_eq!(record.raw == Raw::Unread, record.key.0.ends_with(b"8"), "{:?}", record.key);
                assert!(seen.insert(record.key.0), "a key came twice");
            }
            ControlFlow::Continue(())
        };
        store.scan(&mut query, visit).expect("a whole scan");
        assert_eq!((scanned, seen.len()), (700, 630));
        let records = store.read(&[key("a1"), key("nobody"), key("../a1")], Need::VALUE).expect("records");
        assert!(fingerprint(&records[0].raw).is_some());
        assert!(records[1].raw == Raw::Gone && records[2].raw == Raw::Gone);
        let kinds = store.kinds(&[key("a1"), key("nobody")]).expect("kinds");
        assert!(kinds[0].is_some() && kinds[1].is_none());

        // What cannot be written down is not done.
        let steps = [
            step(&mut *store, "a1", Own::End, Vec::new()),
            step(&mut *store, "a2", Own::End, Vec::new()),
            step(&mut *store, "a3", Own::End, Vec::new()),
        ];
        store.may_change(&steps.iter().collect::<Vec<_>>()).expect("permission");
        let mut kept = Kept { fails: true, ..Kept::default() };
        assert!(store.apply(&steps, Fit::Seen, Some(&mut kept)).stopped.is_some());
        assert_eq!(shop.get("a1"), Some(text("value")));

        // What changed since it was seen stays.
        shop.put("a2", text("newer"), None);
        let mut kept = Kept::default();
        let done = outcomes(store.apply(&steps, Fit::Seen, Some(&mut kept)));
        let one = Outcome::Done { keys: 1, entries: 0 };
        assert_eq!(done, [one.clone(), Outcome::Changed, one]);
        assert_eq!((shop.get("a1"), shop.get("a2"), shop.get("a3")), (None, Some(text("newer")), None));
        let again = outcomes(store.apply(&steps[..1], Fit::Seen, None));
        assert_eq!(again, [Outcome::Gone { keys: 0, entries: 0 }]);

        // It comes back twice the same; over something newer nothing does.
        shop.put("a3", text("newer"), None);
        for _ in 0..2 {
            let back = outcomes(store.restore(&kept.backups));
            assert!(matches!(back[..], [Outcome::Done { .. }, Outcome::Changed]), "{back:?}");
        }
        assert_eq!((shop.get("a1"), shop.get("a3")), (Some(text("value")), Some(text("newer"))));
    });
}
