//! The catalogue: every framework whose sessions are known, by family.
//!
//! To add one: write `frameworks/FAMILY/NAME.rs` with a `pub const LAYOUT: Layout`, declare it in
//! `frameworks/FAMILY.rs` and put the constant into the `ALL` there, and add `tests/fixtures/layout/NAME/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::fault::nearest;
use crate::layout::setup::{COMMON, OptionError};
use crate::layout::{Described, Layout, Setting, Setup};
use crate::store::Medium;

pub mod any;
pub mod crystal;
pub mod dotnet;
pub mod elixir;
pub mod go;
pub mod jvm;
pub mod lua;
pub mod node;
pub mod perl;
pub mod php;
pub mod proxy;
pub mod python;
pub mod ruby;
pub mod rust;
pub mod swift;

/// The families. Among layouts of one rank the earlier family is asked first.
const FAMILIES: &[&[&Layout]] = &[
    node::ALL,
    ruby::ALL,
    perl::ALL,
    elixir::ALL,
    lua::ALL,
    dotnet::ALL,
    go::ALL,
    rust::ALL,
    swift::ALL,
    crystal::ALL,
    proxy::ALL,
    jvm::ALL,
    python::ALL,
    php::ALL,
    any::ALL,
];

/// Whether the beginning of a long value is of a form that sessions have.
pub fn may_begin(key: &[u8], head: &[u8]) -> bool {
    matches!(head.trim_ascii_start().first(), Some(b'{' | b'['))
        || crate::layout::php::is_likely(head)
        || php::nextcloud::is_begun(head)
        || elixir::plug_session_redis_store::is_begun(head)
        || perl::catalyst_session_redis::is_begun(head)
        || crate::codec::ALL.iter().any(|codec| codec.name != "json" && (codec.sniff)(head))
        || python::is_begun(key, head)
}

/// What is known without a configuration file.
pub static BUILT_IN: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(Vec::new()));

/// The layouts of a run, in the order in which they are asked.
#[derive(Debug)]
pub struct Catalog {
    all: Vec<&'static Layout>,
}

impl Default for Catalog {
    fn default() -> Self {
        Catalog::new(Vec::new())
    }
}

impl Catalog {
    /// The frameworks' layouts after those of the configuration file: someone who knows the store wrote
    /// these for it. They are few, and like all others they live until the end of the run.
    pub fn new(own: Vec<Described>) -> Catalog {
        let mut all: Vec<&'static Layout> = FAMILIES.iter().copied().flatten().copied().collect();
        all.sort_by_key(|layout| layout.rank);
        all.splice(0..0, own.into_iter().map(Described::into_layout));
        Catalog { all }
    }

    pub fn all(&self) -> impl Iterator<Item = &'static Layout> + Clone + '_ {
        self.all.iter().copied()
    }

    /// A layout as one of all that are asked.
    pub fn free(&self, layout: &'static Layout) -> Setup {
        let is_alike = |other: &&Layout| other.twin().is_some_and(|twin| twin.of == layout.name);
        let mut setup = Setup::free(layout);
        setup.alike = self.all().filter(is_alike).collect();
        setup
    }

    /// The layout of that name.
    pub fn by_name(&self, name: &str) -> Option<&'static Layout> {
        self.all().find(|layout| layout.name == name)
    }

    /// Names close to a misspelt one, best first.
    pub fn close_to(&self, name: &str) -> Vec<&'static str> {
        let mut near: Vec<(f64, &'static str)> = self
            .all()
            .map(|layout| {
                let bonus =
                    if layout.name.starts_with(name) || name.starts_with(layout.name) { 0.3 } else { 0.0 };
                (strsim::jaro_winkler(name, layout.name) + bonus, layout.name)
            })
            .filter(|(score, _)| *score > 0.8)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        near.into_iter().map(|(_, name)| name).take(3).collect()
    }

    /// The names of the options that some layout takes.
    fn every_option(&self) -> impl Iterator<Item = &'static str> + '_ {
        let own = self.all().flat_map(|layout| layout.options);
        COMMON.iter().chain(own).map(|spec| spec.name)
    }

    /// The setups to ask: the named layouts with their options, or every layout of that medium that may be
    /// asked freely.
    pub fn choose(
        &self,
        names: &[String],
        options: &BTreeMap<String, Setting>,
        prefix: Option<&str>,
        medium: Medium,
    ) -> Result<Vec<Setup>, OptionError> {
        let mut setups = Vec::new();
        if names.is_empty() {
            for layout in self.all().filter(|layout| layout.is_asked() && layout.medium == medium) {
                let mut setup = self.free(layout);
                for (name, setting) in options {
                    // Without a layout named an option is for those that know it.
                    let _ = setup.set(name, setting.clone());
                }
                setups.push(setup);
            }
            if let Some((name, _)) = options.iter().find(|(name, _)| !setups.iter().any(|s| s.knows(name))) {
                return Err(OptionError::Nowhere {
                    option: name.clone(),
                    near: nearest(name, self.every_option()).map(str::to_string),
                });
            }
        } else {
            for name in names {
                let layout = self
                    .by_name(name)
                    .ok_or_else(|| OptionError::Layout { name: name.clone(), near: self.close_to(name) })?;
                let mut setup = Setup::free(layout);
                setup.named = true;
                for (option, setting) in options {
                    let elsewhere = names
                        .iter()
                        .filter_map(|other| self.by_name(other))
                        .any(|other| other.name != layout.name && Setup::free(other).knows(option));
                    match setup.set(option, setting.clone()) {
                        Err(OptionError::Unknown { .. }) if elsewhere => {}
                        other => other?,
                    }
                }
                setups.push(setup);
            }
        }
        if let Some(prefix) = prefix {
            for setup in &mut setups {
                setup.set(setup.layout.keys.prefix_option, Setting::Text(prefix.to_string()))?;
            }
        }
        Ok(setups)
    }
}

#[cfg(test)]
pub(crate) mod tests;
