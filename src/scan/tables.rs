//! Which tables of a database the layouts of a run want to have looked at.

use crate::layout::Setup;
use crate::store::{Medium, Wanted};

/// What a layout that knows a table wants of it. Whoever has its columns by their names knows it better than whoever
/// has to take other names for its own; of several that are as good it is the first.
pub fn wanted(setups: &[Setup]) -> Wanted {
    let setups: Vec<Setup> =
        setups.iter().filter(|setup| setup.layout.medium == Medium::Table).cloned().collect();
    Wanted::new(move |table| {
        let all = setups.iter().filter_map(|setup| (setup.layout.table)(setup, table));
        all.min_by_key(|rows| rows.names.len())
    })
}
