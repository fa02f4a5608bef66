//! Scans of the stores that are named, as the commands that only read make them, and what there is to say
//! of a scan next to its result.

use std::ops::ControlFlow;

use crate::context::Context;
use crate::exit::Exit;
use crate::fault::Failure;
use crate::layout::session::Session;
use crate::resolve::{self, Found};
use crate::scan::share::Shared;
use crate::scan::{self, End, Request, Said, Sink, Tally};
use crate::select::Filter;
use crate::select::near::Near;
use crate::store::{self, Lookup, Medium, Need, Record, Source};
use crate::text::words::{either, plural};
use crate::ui;

/// Which sessions a scan is for, and what has to be known of them.
pub struct Wanted<'k> {
    /// Of every session.
    pub first: Need,
    /// Of those that the filter keeps.
    pub then: Need,
    pub keeps: &'k dyn Fn(&Session<'_>) -> bool,
}

impl<'k> Wanted<'k> {
    /// What is needed of the sessions that the filter keeps; `keeps` asks it.
    pub fn of(filter: &Filter, need: Need, keeps: &'k dyn Fn(&Session<'_>) -> bool) -> Wanted<'k> {
        // Without a filter nothing is gained by asking twice.
        let at_once = filter.is_empty() || filter.wants_all();
        let first = if at_once { filter.need().and(need) } else { filter.need() };
        Wanted { first, then: need, keeps }
    }
}

/// A store, opened to be scanned: by one connection, while another looks up what the scan asks for.
pub struct Reader<'c> {
    context: &'c Context,
    pub scanner: Box<dyn Lookup>,
    pub aside: Box<dyn Lookup>,
    /// How many keys it has.
    pub total: Option<u64>,
}

/// All stores that are named, opened. One that is down is told of and left out where there are others.
pub struct Readers<'c> {
    each: Vec<Reader<'c>>,
    down: Vec<Exit>,
}

impl<'c> Readers<'c> {
    pub fn open(context: &'c Context, filter: &Filter) -> anyhow::Result<Readers<'c>> {
        let mut readers = Readers { each: Vec::new(), down: Vec::new() };
        for context in context.each() {
            context.permit_scan()?;
            match Reader::open(context, filter) {
                Ok(reader) => readers.each.push(reader),
                Err(error) => readers.down.push(told(context, error)?),
            }
        }
        if readers.each.is_empty() {
            return Err(Failure::new("none of the stores can be read").into());
        }
        Ok(readers)
    }

    /// How many keys they have, where all of them say it.
    pub fn total(&self) -> Option<u64> {
        self.each.iter().map(|reader| reader.total).sum()
    }

    /// Whether all of them know what memory a key takes.
    pub fn weigh(&self) -> bool {
        self.each.iter().all(|reader| reader.scanner.offers().memory)
    }

    /// Nothing is read, as nothing is to be shown.
    pub fn unread(self) -> Scans<'c> {
        let each = self.each.into_iter();
        let stopped = |reader| Scanned { reader, tally: Tally::default(), end: End::Stopped };
        Scans { tally: Tally::default(), each: each.map(stopped).collect(), down: self.down }
    }

    /// Scans one store after the other, until the sink has had enough.
    pub fn scan(self, wanted: &Wanted<'_>, sink: &mut dyn Sink) -> anyhow::Result<Scans<'c>> {
        self.scan_share(wanted, None, sink)
    }

    /// The same with a random share of the keys, of 1.
    pub fn scan_share(
        self,
        wanted: &Wanted<'_>,
        share: Option<f64>,
        sink: &mut dyn Sink,
    ) -> anyhow::Result<Scans<'c>> {
        let mut scans = Scans { tally: Tally::default(), each: Vec::new(), down: self.down };
        let mut enough = false;
        for mut reader in self.each {
            if enough {
                scans.each.push(Scanned { reader, tally: Tally::default(), end: End::Stopped });
                continue;
            }
            let context = reader.context;
            let (tally, end) =
                reader.scan_share(wanted, share, &mut Onward { before: &scans.tally, sink })?;
            scans.tally = scans.tally.and(&tally);
            enough = matches!(end, End::Stopped);
            match end {
                // Nothing was seen: no empty listing, which would be taken for an empty store.
                End::Broken(error) if tally.scanned == 0 => {
                    scans.down.push(told(context, error.into())?);
                }
                end => scans.each.push(Scanned { reader, tally, end }),
            }
        }
        Ok(scans)
    }
}

impl<'c> Reader<'c> {
    pub fn open(context: &'c Context, filter: &Filter) -> anyhow::Result<Reader<'c>> {
        let scanner = context.reader()?;
        context.permit_filter(filter, &*scanner)?;
        let mut aside = context.reader()?;
        let total = aside.size().ok().flatten();
        Ok(Reader { context, scanner, aside, total })
    }

    /// Scans the store.
    pub fn scan(&mut self, wanted: &Wanted<'_>, sink: &mut dyn Sink) -> anyhow::Result<(Tally, End)> {
        self.scan_share(wanted, None, sink)
    }

    fn scan_share(
        &mut self,
        wanted: &Wanted<'_>,
        share: Option<f64>,
        sink: &mut dyn Sink,
    ) -> anyhow::Result<(Tally, End)> {
        let Reader { context, scanner, aside, .. } = self;
        let request = Request {
            setups: &context.setups,
            pattern: context.matching.as_ref().map(|glob| glob.as_bytes().to_vec()),
            first: wanted.first,
            then: wanted.then,
            keeps: wanted.keeps,
            copies: false,
        };
        match share {
            Some(share) => {
                scan::sessions(&mut Shared::new(&mut **scanner, share), &mut **aside, &request, sink)
            }
            None => scan::sessions(&mut **scanner, &mut **aside, &request, sink),
        }
    }
}

/// Tells why the store is left out, where there are others.
pub fn told(context: &Context, error: anyhow::Error) -> anyhow::Result<Exit> {
    if !context.is_one_of_several() || error.downcast_ref::<store::Error>().is_none() {
        return Err(error);
    }
    let what = format!("{} is left out", context.store.place());
    Ok(crate::error::report(&error.context(what), context.ui.color_err))
}

/// Hands on what one store has, after the others before it.
struct Onward<'s> {
    before: &'s Tally,
    sink: &'s mut dyn Sink,
}

impl Sink for Onward<'_> {
    fn session(&mut self, session: &Session<'_>) -> Said {
        self.sink.session(session)
    }

    fn other(&mut self, record: &Record) {
        self.sink.other(record);
    }

    fn pause(&mut self, tally: &Tally) -> Said {
        self.sink.pause(&self.before.and(tally))
    }
}

/// A store that was scanned, and how that ended.
struct Scanned<'c> {
    reader: Reader<'c>,
    tally: Tally,
    end: End,
}

/// How the scans went.
pub struct Scans<'c> {
    /// Of all stores together.
    pub tally: Tally,
    each: Vec<Scanned<'c>>,
    down: Vec<Exit>,
}

impl Scans<'_> {
    /// The sink had enough.
    pub fn is_stopped(&self) -> bool {
        self.each.iter().any(|scanned| matches!(scanned.end, End::Stopped))
    }

    /// Every store was there, and was scanned to its end or until the sink had enough.
    pub fn is_whole(&self) -> bool {
        self.down.is_empty() && !self.each.iter().any(|scanned| matches!(scanned.end, End::Broken(_)))
    }

    /// The connections that looked up, for what is to be asked besides.
    pub fn asides(&mut self) -> impl Iterator<Item = (&Context, &mut dyn Lookup)> {
        self.each
            .iter_mut()
            .map(|scanned| (scanned.reader.context, &mut *scanned.reader.aside as &mut dyn Lookup))
    }

    /// The first scan that broke off, as the error of the whole, where nothing is to be made of the others.
    pub fn first_broken(&mut self) -> Option<anyhow::Error> {
        let at = self.each.iter().position(|scanned| matches!(scanned.end, End::Broken(_)))?;
        let Scanned { tally, end, .. } = self.each.swap_remove(at);
        match end {
            End::Broken(error) => Some(incomplete(error, &tally)),
            End::Complete | End::Stopped => None,
        }
    }

    /// Says what there is to say beside the result, and how it all went. `near` knows of which users there
    /// was no session, where that is certain; `total` is how many keys there are.
    pub fn report(
        mut self,
        context: &Context,
        near: Option<&Near<'_>>,
        interrupted: bool,
        total: Option<u64>,
    ) -> Exit {
        for Scanned { reader, tally, .. } in &self.each {
            report_scan(reader.context, tally, &*reader.scanner);
        }
        if interrupted {
            report_interrupted(context, self.tally.scanned, total);
        } else if let Some(near) = near
            && self.each.iter().all(|scanned| matches!(scanned.end, End::Complete))
        {
            if self.tally.sessions > 0 {
                near.missed().into_iter().for_each(|missed| context.ui.status(missed));
            } else {
                for Scanned { reader, tally, .. } in &mut self.each {
                    report_none(reader.context, tally, &mut *reader.aside);
                }
            }
        }
        let mut exits = self.down;
        for Scanned { reader, tally, end } in self.each {
            exits.push(match end {
                End::Broken(error) => {
                    let mut error = incomplete(error, &tally);
                    if reader.context.is_one_of_several() {
                        error = error.context(reader.context.store.place());
                    }
                    crate::error::report(&error, context.ui.color_err)
                }
                _ if interrupted => Exit::Interrupted,
                End::Complete | End::Stopped => Exit::Done,
            });
        }
        Exit::of_several(exits)
    }
}

/// Finds the sessions of names, and shows how far a search for them is.
pub fn search(
    context: &Context,
    scanner: &mut dyn Source,
    aside: &mut dyn Lookup,
    names: &[String],
) -> anyhow::Result<Found> {
    let mut progress = context.ui.progress("searching", aside.size().ok().flatten());
    let mut before = 0;
    resolve::sessions(scanner, aside, &context.setups, names, &mut |scanned| {
        progress.add(scanned.saturating_sub(before));
        before = before.max(scanned);
        if ui::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// Says that a scan was broken off by the user, also where no notes are wanted: what was printed
/// would be taken for all there is.
pub fn report_interrupted(context: &Context, scanned: u64, total: Option<u64>) {
    let looked_at = match total.filter(|total| *total > 0) {
        Some(total) if scanned <= total => {
            let percent = scanned as f64 * 100.0 / total as f64;
            format!("looked at {scanned} of {total} keys ({percent:.0} %)")
        }
        _ => format!("looked at {scanned} keys"),
    };
    context.ui.tell(&format!("interrupted: {looked_at}; the result is incomplete"), 0);
}

/// The error that broke a scan off, with how far it came.
pub fn incomplete(error: crate::store::Error, tally: &Tally) -> anyhow::Error {
    let error = anyhow::Error::from(error);
    match tally.scanned {
        0 => error,
        so_far => error.context(format!("scan incomplete after {so_far} keys; there may be more sessions")),
    }
}

/// What a scan could not decide or was not permitted to see; `store` is the connection that scanned.
pub fn report_scan(context: &Context, tally: &Tally, store: &dyn Source) {
    if tally.undecided > 0 {
        context.ui.status(format!(
            "{} may be {}, but no layout matched for certain; name the layout with --layout to see {}",
            plural(tally.undecided, "key"),
            either(tally.undecided, "a session", "sessions"),
            either(tally.undecided, "it", "them"),
        ));
    }
    super::report::unsettled(context, &tally.unsettled);
    report_left_out(context, store);
}

/// Says what of the store could not be looked at, or was not.
pub fn report_left_out(context: &Context, store: &dyn Source) {
    report_hidden(context, store);
    for remark in store.remarks() {
        context.ui.status(remark);
    }
}

/// Says, after a whole scan, of which users there was no session, and where else to look if there was
/// none at all.
pub fn report_nothing(context: &Context, tally: &Tally, near: &Near<'_>, store: &mut dyn Source) {
    if tally.sessions > 0 {
        for missed in near.missed() {
            context.ui.status(missed);
        }
    } else {
        report_none(context, tally, store);
    }
}

/// Says where else to look after a whole scan found no session.
fn report_none(context: &Context, tally: &Tally, store: &mut dyn Source) {
    if tally.undecided > 0 {
        return;
    }
    let mut names: Vec<&str> = context.setups.iter().map(|setup| setup.layout.name).collect();
    names.dedup();
    let what = match (context.named, tally.scanned) {
        (true, 0) if context.store.medium() == Medium::Field => {
            format!("{} is empty or not there", store.place())
        }
        (false, 0) if context.matching.is_none() => "no keys here".to_string(),
        (true, _) => format!("no key here is a session of {}", names.join(" or ")),
        (false, _) => "no key here is a session known to sessctl".to_string(),
    };
    let discover = if tally.scanned > 0 { "; `sessctl discover` shows what is here" } else { "" };
    let others: Vec<String> =
        store.elsewhere().into_iter().map(|(database, keys)| format!("{database} ({keys})")).collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; other databases of this server with keys: {}", others.join(", "))
    };
    let place =
        if context.is_one_of_several() { format!("{}: ", context.store.place()) } else { String::new() };
    context.ui.status(format!("{place}{what}{discover}{others}"));
}

/// Says that there are keys which this user may not read.
pub fn report_hidden(context: &Context, store: &dyn Source) {
    match store.hidden() {
        0 => {}
        1 => context.ui.warn("an ACL hides 1 key from this user"),
        more => context.ui.warn(format!("an ACL hides {more} keys from this user")),
    }
}
