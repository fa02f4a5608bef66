//! What a command works with: the terminal, the server, the layouts to ask, and how to show things.
//!
//! Made once from the command line, the environment and the profile; nothing is connected yet.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum as _;

use crate::change::audit;
use crate::change::guard::Guards;
use crate::change::pace::{self, Pace, PaceArgs};
use crate::cli::{Form, GlobalArgs, Times};
use crate::config::{self, Profile};
use crate::fault::{Refusal, Usage, did_you_mean};
use crate::frameworks::Catalog;
use crate::layout::setup::{OptionError, Setup};
use crate::render::{self, Format};
use crate::scan;
use crate::select::Filter;
use crate::store::{Error, Lookup, Open, Source, Store};
use crate::text::clock;
use crate::ui::{self, Answer, Pages, Ui};

mod stores;

/// The server that is meant when none is named.
pub const DEFAULT_STORE: &str = "redis://127.0.0.1:6379/0";
/// At how many sessions a change is refused unless the user says otherwise.
pub const DEFAULT_MAX: u64 = 10_000;

/// Everything that holds for the whole run.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Context {
    pub ui: Ui,
    /// The store that is meant.
    pub store: Arc<dyn Open>,
    /// The layouts of this run, those of the configuration file among them.
    pub catalog: Catalog,
    /// The layouts to ask, each with its options.
    pub setups: Vec<Setup>,
    /// Whether the user named layouts, on the command line or in the profile.
    pub named: bool,
    /// The glob that keys must fit.
    pub matching: Option<String>,
    pub format: Format,
    /// What rows look like, where `--format` says it.
    pub template: Option<String>,
    /// Ids end with NUL instead of a line break.
    pub nul: bool,
    /// Columns have no names above them.
    pub bare: bool,
    /// Tables show all that there is, however wide they get.
    pub wide: bool,
    /// Ids are shortened in every form of output, not only in tables.
    pub mask: bool,
    /// Ids and secrets are shown whole, also in tables.
    pub reveal: bool,
    /// The profile forbids changes.
    pub read_only: bool,
    /// A change of more sessions than this is refused; `None` is no limit.
    pub max: Option<u64>,
    /// What the profile protects.
    pub guards: Guards,
    /// Where changes are written down.
    pub audit: audit::Settings,
    /// The profile's pace, used where no other is given.
    pub limits: pace::Limits,
    /// How long a session may live from now, as the profile has it.
    pub max_ttl: Option<Duration>,
    /// The configuration file that was read, and whether it shows others a secret.
    pub file: Option<PathBuf>,
    pub exposed: bool,
    /// The profile's name, if one is used.
    pub profile: Option<String>,
    /// The other stores that are named, each as it is set; of one of them it is empty.
    others: Vec<Context>,
    /// There are several, and this is one of them.
    one_of_several: bool,
}

impl Context {
    pub fn new(args: &GlobalArgs) -> anyhow::Result<Context> {
        let name = args.target.profile.as_deref().filter(|name| !name.is_empty());
        Context::made(args, config::load(file(args), name)?)
    }

    /// As this profile of the file has it, whatever the command line says of profiles and stores.
    pub fn of_profile(args: &GlobalArgs, name: &str) -> anyhow::Result<Context> {
        let profile = config::load(file(args), Some(name))?;
        let mut bare = GlobalArgs::default();
        bare.output.color = args.output.color;
        Context::made(&bare, Profile { store: profile.store.clone(), ..profile })
    }

    /// Without a configuration file.
    pub fn without_file(args: &GlobalArgs) -> anyhow::Result<Context> {
        Context::made(args, Profile::default())
    }

    /// The context of the first store that is named, with those of all others.
    fn made(args: &GlobalArgs, mut profile: Profile) -> anyhow::Result<Context> {
        let warning = profile.warning.take();
        let exposed = warning.is_some();
        let mut each = Vec::new();
        for (store, profile) in stores::named(args, &profile)? {
            each.push(Context::of(args, &store, Profile { warning: None, ..profile })?);
        }
        let several = each.len() > 1;
        // Layouts that are kept elsewhere are for the other stores.
        for context in each.iter_mut().filter(|_| several) {
            let medium = context.store.medium();
            if context.setups.iter().any(|setup| setup.layout.medium == medium) {
                context.setups.retain(|setup| setup.layout.medium == medium);
            }
        }
        let takes = |context: &Context| context.permit_medium().is_ok();
        if several && each.iter().any(takes) {
            let (some, none): (Vec<Context>, Vec<Context>) = each.into_iter().partition(takes);
            for context in none {
                let (place, keeper) = (context.store.place(), context.store.medium().keeper());
                context.ui.note(format!(
                    "{place} is left out: none of the layouts that were named keeps its sessions in {keeper}"
                ));
            }
            each = some;
        }
        for context in &mut each {
            context.one_of_several = several;
            context.exposed = exposed;
            let place: Arc<str> = context.store.place().into();
            for setup in context.setups.iter_mut().filter(|_| several) {
                setup.store = Some(Arc::clone(&place));
            }
        }
        let mut each = each.into_iter();
        let Some(mut first) = each.next() else {
            return Err(Usage::new("no store is named").hint("name one with --store").into());
        };
        if let Some(warning) = warning {
            first.ui.warn(warning);
        }
        first.others = each.collect();
        Ok(first)
    }

    /// The context of one store.
    fn of(args: &GlobalArgs, store: &str, mut profile: Profile) -> anyhow::Result<Context> {
        let mut ui = Ui::new(args.output.color, args.output.quiet);
        ui.verbose = args.output.verbose;
        ui.pages = !args.output.no_pager;
        if let Some(times) = args.output.times {
            clock::choose(match times {
                Times::Relative => clock::Times::Relative,
                Times::Utc => clock::Times::Utc,
                Times::Local => clock::Times::Local,
            });
        }
        let catalog = Catalog::new(std::mem::take(&mut profile.layouts));
        let mut store = stores::opener(args, &profile, store)?;
        if let Some(caution) = store.caution() {
            ui.warn(caution);
        }
        let names =
            if args.target.layout.is_empty() { profile.layout.clone() } else { args.target.layout.clone() };
        if let Some(hash) = hash_of(&catalog, &names)?
            && let Some(within) = store.within(hash)
        {
            store = within;
        }
        let prefix = args.target.prefix.as_deref().or(profile.prefix.as_deref());
        let format = match (&args.output.format, &profile.output) {
            _ if args.output.template.is_some() => Format::Template,
            (Some(Form::Rows(format)), _) => *format,
            // A form of no rows, and a table without limits.
            (Some(Form::Toml | Form::Wide), _) => Format::Table,
            (None, Some(name)) => format_of(name)?,
            (None, None) => Format::Table,
        };
        let mut setups = catalog
            .choose(&names, &profile.options, prefix, store.medium())
            .map_err(|error| located(error, &profile))?;
        if !args.target.user_path.is_empty() {
            for setup in &mut setups {
                setup.set(
                    crate::layout::whose::USER_PATH,
                    crate::layout::Setting::Texts(args.target.user_path.clone()),
                )?;
            }
        }
        store.look_for(scan::wanted(&setups));
        if args.output.reveal && args.output.mask {
            return Err(Usage::new("--reveal and --mask contradict each other").into());
        }
        let used = match &profile.name {
            Some(name) => format!("profile {name}"),
            None => "no profile".to_string(),
        };
        let asked = match &names[..] {
            [] => format!("all {} layouts are asked", setups.len()),
            some => format!("layouts asked: {}", some.join(", ")),
        };
        ui.detail(format!("{used}; store {}; {asked}", store.place()));
        Ok(Context {
            ui,
            store: Arc::from(store),
            catalog,
            setups,
            named: !names.is_empty(),
            matching: args.target.matching.clone().or(profile.matching),
            format,
            template: args.output.template.clone(),
            nul: args.output.nul,
            bare: args.output.no_headers,
            wide: args.output.format == Some(Form::Wide),
            mask: !args.output.reveal && (args.output.mask || profile.mask.unwrap_or(false)),
            reveal: args.output.reveal,
            read_only: profile.read_only.unwrap_or(false),
            max: profile.max.map_or(Some(DEFAULT_MAX), config::Max::limit),
            guards: profile.guards,
            audit: profile.audit,
            limits: profile.limits,
            max_ttl: profile.max_ttl,
            file: file(args)
                .map(Path::to_path_buf)
                .or_else(config::default_path)
                .filter(|file| file.is_file()),
            exposed: false,
            profile: profile.name,
            others: Vec::new(),
            one_of_several: false,
        })
    }

    /// This store and, after it, all others that are named next to it.
    pub fn each(&self) -> impl Iterator<Item = &Context> {
        std::iter::once(self).chain(&self.others)
    }

    /// Refuses several stores; `what` is why.
    pub fn alone(&self, what: &str) -> Result<(), Usage> {
        if !self.one_of_several {
            return Ok(());
        }
        Err(Usage::new(format!("{what}, but several are named")).hint("name one with --store"))
    }

    /// Where all of them are, without any password.
    pub fn places(&self) -> String {
        self.each().map(|context| context.store.place()).collect::<Vec<_>>().join(", ")
    }

    /// Whether it is one of several stores that are named: then whatever is said of it says which it is.
    pub fn is_one_of_several(&self) -> bool {
        self.one_of_several
    }

    /// How rows are shown.
    pub fn look(&self) -> render::Options {
        let ui = &self.ui;
        let asked = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width > 0);
        let size = ui.stdout_terminal.then(|| terminal_size::terminal_size_of(std::io::stdout())).flatten();
        render::Options {
            mask: self.mask,
            reveal: self.reveal,
            color: ui.color,
            terminal: ui.stdout_terminal,
            nul: self.nul,
            bare: self.bare,
            wide: self.wide,
            template: self.template.clone(),
            width: ui.width().or_else(asked),
            height: size.map(|(_, height)| usize::from(height.0)),
        }
    }

    /// Where rows and long texts go: through a pager where people read what is longer than their screen.
    pub fn pages(&self) -> Pages {
        if self.format == Format::Table { self.ui.pages() } else { Pages::plain(&self.ui) }
    }

    /// Whether the user said by a glob which keys are meant.
    pub fn is_pointed(&self) -> bool {
        let says = |glob: &String| glob.bytes().any(|byte| !matches!(byte, b'*' | b'?'));
        self.matching.as_ref().is_some_and(says)
    }

    /// Says so where a layout was named that keeps nothing in any store.
    fn note_nowhere(&self) {
        for setup in self.setups.iter().filter(|setup| !setup.layout.is_seen()) {
            let name = setup.layout.name;
            self.ui.note(format!("{name} keeps no session in a store; `sessctl layouts {name}` says where"));
        }
    }

    /// Refuses to look through a store by a layout that would take anything for a session; whatever
    /// scans asks this first.
    pub fn permit_scan(&self) -> Result<(), Usage> {
        self.note_nowhere();
        let Some(setup) = self.setups.iter().find(|setup| setup.takes_anything()) else { return Ok(()) };
        if self.is_pointed() {
            return Ok(());
        }
        let name = setup.layout.name;
        let what = format!("{name} takes anything it can decode for a session, so say which keys to look at");
        Err(Usage::new(what).hint(if setup.layout.described.is_some() {
            "say in its `must_have` what every session has; or give --match for this once"
        } else {
            "give --prefix 'myapp:session:' or --match 'myapp:session:*', or name keys"
        }))
    }

    /// Refuses where a layout was named whose sessions are never in such a store.
    fn permit_medium(&self) -> Result<(), Error> {
        let medium = self.store.medium();
        let Some(setup) = self.setups.iter().find(|setup| setup.layout.medium != medium) else {
            return Ok(());
        };
        let layout = setup.layout;
        Err(Error::Unsupported {
            place: self.store.place(),
            why: format!(
                "is {}, but {} keeps its sessions in {}",
                medium.keeper(),
                layout.name,
                layout.medium.keeper()
            ),
            hint: format!("`sessctl layouts {}` says where they are", layout.name),
        })
    }

    /// Opens the store to be read. From then on Ctrl-C is a request to stop, which anyone who works with
    /// the store has to look for: [`ui::interrupted`].
    pub fn reader(&self) -> Result<Box<dyn Lookup>, Error> {
        self.permit_medium()?;
        if let Some(announcement) = self.store.announcement() {
            self.ui.note(announcement);
        }
        let store = self.store.reader()?;
        ui::watch_signals();
        Ok(store)
    }

    /// Refuses a filter that asks what the store cannot know: no session would pass it, whatever it is.
    pub fn permit_filter(&self, filter: &Filter, store: &dyn Source) -> Result<(), Error> {
        if !filter.need().memory || store.offers().memory {
            return Ok(());
        }
        Err(Error::Unsupported {
            place: store.place().to_string(),
            why: "does not report how much memory a key takes, which this selection needs".to_string(),
            hint: "leave out --size; a live server reports it".to_string(),
        })
    }

    /// Opens the store to be changed, with the same word on Ctrl-C.
    pub fn store(&self) -> Result<Box<dyn Store>, Error> {
        self.permit_medium()?;
        let store = self.store.store()?;
        ui::watch_signals();
        Ok(store)
    }

    /// The pace of a change, as its options and the profile have it.
    pub fn pace(&self, args: &PaceArgs, max: usize) -> anyhow::Result<Pace> {
        Pace::new(args.limits(&self.limits), max, &|| self.store())
    }

    /// The pace of what only reads, as the same options have it.
    pub fn reading_pace(&self, args: &PaceArgs, max: usize) -> anyhow::Result<Pace> {
        Pace::new(args.limits(&self.limits).reading(), max, &|| self.store())
    }

    /// Asks whether this many sessions may be changed; in production the answer is their number.
    pub fn confirm(&self, question: &str, sessions: u64) -> Answer {
        if self.guards.production {
            self.ui.confirm_number(question, sessions)
        } else {
            self.ui.confirm(question)
        }
    }

    /// Refuses where the profile forbids changes; whatever changes a server asks this first.
    pub fn permit_change(&self) -> Result<(), Refusal> {
        if !self.read_only {
            return Ok(());
        }
        let name = self.profile.as_deref().unwrap_or_default();
        Err(Refusal::new(format!("the profile `{name}` is read-only"))
            .hint("use another profile, or remove `read_only` from this one"))
    }
}

/// The hash whose fields the sessions of the named layouts are, where they are that.
fn hash_of(catalog: &Catalog, names: &[String]) -> Result<Option<&'static str>, Usage> {
    let layouts = names.iter().filter_map(|name| catalog.by_name(name));
    let mut hashes =
        layouts.map(|layout| (layout.name, layout.described.and_then(|one| one.fields.as_deref())));
    let Some((first, hash)) = hashes.next() else { return Ok(None) };
    match hashes.find(|(_, other)| *other != hash) {
        None => Ok(hash),
        Some((other, of)) => {
            let (which, whole) = if of.is_some() { (other, first) } else { (first, other) };
            let what = format!(
                "the layouts {which} and {whole} cannot be used together: the sessions of {which} are the \
                 fields of a hash"
            );
            Err(Usage::new(what).hint(format!("name one of them: --layout {which}")))
        }
    }
}

/// The configuration file that was named.
fn file(args: &GlobalArgs) -> Option<&Path> {
    args.target.config.as_deref().filter(|path| !path.as_os_str().is_empty())
}

/// An option that does not fit, with the line of the configuration file that it stands on.
fn located(error: OptionError, profile: &Profile) -> anyhow::Error {
    let place = match &error {
        OptionError::Unknown { option, .. }
        | OptionError::Nowhere { option, .. }
        | OptionError::Form { option, .. } => profile.places.get(option),
        OptionError::Layout { .. } => None,
    };
    let Some(place) = place else { return error.into() };
    let what =
        format!("{place}: the options of the profile `{}`", profile.name.as_deref().unwrap_or_default());
    anyhow::Error::from(error).context(what)
}

/// The form of output that a profile names: one that all commands have in some way.
fn format_of(name: &str) -> anyhow::Result<Format> {
    let asked = Format::from_str(name, true).ok().filter(|format| *format != Format::Parquet);
    asked.ok_or_else(|| {
        let known: Vec<String> = Format::value_variants()
            .iter()
            .filter(|format| **format != Format::Parquet)
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_string()))
            .collect();
        Usage::new(format!("unknown output format `{name}` in the profile"))
            .hint(did_you_mean(name, known.iter().map(String::as_str)))
            .into()
    })
}
