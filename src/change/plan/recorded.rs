//! The layouts of a run as its file has them.

use std::collections::BTreeMap;

use crate::layout::{Setting, Setup};

/// A layout as it was named and set for a run, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recorded {
    pub layout: String,
    pub named: bool,
    pub settings: BTreeMap<String, Setting>,
}

/// What of these is written down: a layout that was neither named nor set is as it always is.
pub fn recorded(setups: &[Setup]) -> Vec<Recorded> {
    let record = |setup: &Setup| Recorded {
        layout: setup.layout.name.to_string(),
        named: setup.named,
        settings: setup.settings(false).map(|(name, setting)| (name.to_string(), setting.clone())).collect(),
    };
    let told = |one: &Recorded| one.named || !one.settings.is_empty();
    setups.iter().map(record).filter(told).collect()
}
