//! Keys that are sessions only if a certain other key is next to them.

use crate::codec::Limits;
use crate::layout::{Blob, Setup};
use crate::store::{Error, Key, Kind, Lookup, Record};

/// Whether next to each key there is the one that makes it a session of the layout at that position.
pub fn prove(
    source: &mut dyn Lookup,
    setups: &[Setup],
    records: &[(u16, &Record)],
) -> Result<Vec<bool>, Error> {
    let wanted: Vec<Option<(Key, Kind)>> = records
        .iter()
        .map(|(at, record)| {
            let setup = &setups[*at as usize];
            let blob = Blob::new(&record.key.0, &record.raw, Limits::default());
            let (beside, kind) = (setup.layout.beside()?)(setup, &blob)?;
            Some((Key(beside), kind))
        })
        .collect();
    let asked: Vec<Key> = wanted.iter().flatten().map(|(key, _)| key.clone()).collect();
    if asked.is_empty() {
        return Ok(vec![false; records.len()]);
    }
    let mut found = source.kinds(&asked)?.into_iter();
    Ok(wanted
        .iter()
        .map(|wanted| wanted.as_ref().is_some_and(|(_, kind)| found.next() == Some(Some(*kind))))
        .collect())
}
