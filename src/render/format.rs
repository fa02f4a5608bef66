//! The forms of output.

use clap::ValueEnum;

use crate::fault::Usage;

/// The forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Columns for people
    #[default]
    Table,
    /// One JSON array or object
    Json,
    /// One JSON object per line
    Ndjson,
    /// The same as JSON, but as readable YAML
    Yaml,
    /// Comma-separated values with a header
    Csv,
    /// Ids only, one per line
    Ids,
    /// Apache Parquet, of `list` only and where it was built in
    Parquet,
    /// What --format says
    #[value(skip)]
    Template,
}

impl Format {
    /// What `-o` takes for it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Yaml => "yaml",
            Format::Csv => "csv",
            Format::Ids => "ids",
            Format::Parquet => "parquet",
            Format::Template => "template",
        }
    }

    /// Refuses a form that a command does not have; `what` says what it prints.
    pub fn among(self, forms: &[Format], what: &str, hint: &str) -> Result<(), Usage> {
        if forms.contains(&self) {
            return Ok(());
        }
        let names: Vec<&str> = forms.iter().map(|form| form.name()).collect();
        let (last, rest) = names.split_last().unwrap_or((&"table", &[]));
        let known =
            if rest.is_empty() { (*last).to_string() } else { format!("{} or {last}", rest.join(", ")) };
        let asked = match self {
            Format::Template => "--format".to_string(),
            _ => format!("-o {}", self.name()),
        };
        Err(Usage::new(format!("{asked}: {what} as {known}")).hint(hint))
    }

    /// Forms of one object, or of a card for people.
    pub const OBJECTS: &[Format] = &[Format::Table, Format::Json, Format::Ndjson, Format::Yaml];
}
