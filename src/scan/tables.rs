//! Which tables of a database the layouts of a run want to have looked at.

use crate::layout::Setup;
use crate::store::{Medium, Wanted};

/// What the first of these layouts that knows a table wants of it.
pub fn wanted(setups: &[Setup]) -> Wanted {
    let setups: Vec<Setup> =
        setups.iter().filter(|setup| setup.layout.medium == Medium::Table).cloned().collect();
    Wanted::new(move |table| setups.iter().find_map(|setup| (setup.layout.table)(setup, table)))
}
