//! The configuration file as it may be shown: which profiles there are, and all of it without secrets.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Usage, default_path, is_reference};
use crate::store::rdb::place::DumpPlace;
use crate::store::redis::target::Target;
use crate::value::secret;

/// Where the file is: the one that was named, else the place where it is looked for.
pub fn place(file: Option<&Path>) -> anyhow::Result<PathBuf> {
    file.map(Path::to_path_buf).or_else(default_path).ok_or_else(|| {
        Usage::new("no home directory to look for a configuration file in")
            .hint("name one with --config FILE")
            .into()
    })
}

fn text(place: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(place)
        .with_context(|| format!("reading the configuration file {}", place.display()))
}

/// The names of the profiles in the file; none where it is not there.
pub fn names(file: Option<&Path>) -> anyhow::Result<Vec<String>> {
    let place = place(file)?;
    if file.is_none() && !place.exists() {
        return Ok(Vec::new());
    }
    let text = text(&place)?;
    let parsed = parse(&text, &place)?;
    let profiles = parsed.get_ref().iter().find(|(key, _)| key.get_ref() == "profiles");
    let table = profiles.and_then(|(_, value)| value.get_ref().as_table());
    Ok(table.into_iter().flatten().map(|(name, _)| name.get_ref().to_string()).collect())
}

fn parse<'t>(text: &'t str, place: &Path) -> anyhow::Result<Spanned<DeTable<'t>>> {
    let reader = Reader { text, place, secret: false };
    DeTable::parse(text)
        .map_err(|error| reader.wrong(error.span().map_or(0, |span| span.start), error.message()))
}

/// The file as it is read, with every secret blanked. Comments, which may hold one, are left out.
pub fn redacted(file: Option<&Path>) -> anyhow::Result<String> {
    let place = place(file)?;
    let text = text(&place)?;
    let parsed = parse(&text, &place)?;
    let mut out = String::new();
    table(&text, &[], parsed.get_ref(), &mut out);
    Ok(out)
}

/// One table: its own values first, then the tables below it.
fn table(text: &str, path: &[&str], entries: &DeTable<'_>, out: &mut String) {
    let header = |value: &Spanned<DeValue<'_>>| {
        value.get_ref().is_table() && !text[value.span()].trim_start().starts_with('{')
    };
    let mut values = String::new();
    for (key, value) in entries.iter().filter(|(_, value)| !header(value)) {
        let _ = writeln!(values, "{} = {}", name(key.get_ref()), shown(text, path, key.get_ref(), value));
    }
    if !values.is_empty() {
        if !path.is_empty() {
            let names: Vec<String> = path.iter().map(|part| name(part)).collect();
            let _ = writeln!(out, "{}[{}]", if out.is_empty() { "" } else { "\n" }, names.join("."));
        }
        out.push_str(&values);
    }
    for (key, value) in entries.iter().filter(|(_, value)| header(value)) {
        let below: Vec<&str> = path.iter().copied().chain([key.get_ref().as_ref()]).collect();
        if let Some(entries) = value.get_ref().as_table() {
            table(text, &below, entries, out);
        }
    }
}

fn name(key: &str) -> String {
    let bare = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    if !key.is_empty() && key.chars().all(bare) { key.to_string() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A value as it stands in the file, or without what is secret in it.
fn shown(text: &str, path: &[&str], key: &str, value: &Spanned<DeValue<'_>>) -> String {
    const BLANK: &str = "\"(redacted)\"";
    if is_reference(value) {
        // It says where the secret is, and holds none.
        return pairs(text, path, value);
    }
    let is_store = matches!(key, "store" | "stores");
    match value.get_ref() {
        // The name of a file holds no password.
        DeValue::String(store) if is_store && DumpPlace::parse(store).is_some() => quoted(store),
        // The name of another profile.
        DeValue::String(store) if key == "stores" && !super::is_address(store) => quoted(store),
        DeValue::String(store) if is_store => match Target::parse(store) {
            Ok(target) if target.password.is_none() => quoted(store),
            Ok(target) => {
                let user = target.user.as_deref().map_or(String::new(), |user| format!("{user}@"));
                quoted(&target.place().replacen("://", &format!("://{user}"), 1))
            }
            Err(_) => BLANK.to_string(),
        },
        _ if path.last() == Some(&"options") && (super::is_secret(key) || secret::is_secret(key)) => {
            BLANK.to_string()
        }
        DeValue::Table(_) => pairs(text, &[path, &[key]].concat(), value),
        DeValue::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(text, path, key, item)).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::String(value) => quoted(value),
        _ => text[value.span()].to_string(),
    }
}

/// A table within one line.
fn pairs(text: &str, path: &[&str], value: &Spanned<DeValue<'_>>) -> String {
    let entries = value.get_ref().as_table().into_iter().flatten();
    let pairs: Vec<String> = entries
        .map(|(key, value)| format!("{} = {}", name(key.get_ref()), shown(text, path, key.get_ref(), value)))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blanked_and_the_rest_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("config.toml");
        let text = r#"
            default_profile = "shop" # hunter0
            [profiles.shop]
            store = "redis://ops:hunter1@db1/2"
            max = 5
            protected_users = ["admin"]
            [profiles.all]
            stores = ["shop", "redis://ops:hunter5@db2/1", "postgres://ops:hunter6@db3/shop"]
            [profiles.shop.options]
            prefix = "shop:"
            cookie_secret = ["hunter2", "hunter3"]
            [profiles."a b"]
            store = { env = "STORE" }
            options = { app_key = "hunter4", cookie_secret = { file = "secret" } }
        "#;
        std::fs::write(&file, text).expect("written");
        let shown = redacted(Some(&file)).expect("shown");
        assert!(!shown.contains("hunter"), "{shown}");
        for part in [
            "default_profile = \"shop\"\n",
            "\n[profiles.shop]\n",
            "store = \"redis://ops@db1:6379/2\"\n",
            "max = 5\n",
            "stores = [\"shop\", \"redis://ops@db2:6379/1\", \"(redacted)\"]\n",
            "protected_users = [\"admin\"]\n",
            "[profiles.shop.options]\ncookie_secret = \"(redacted)\"\nprefix = \"shop:\"\n",
            "[profiles.\"a b\"]\n",
            "store = { env = \"STORE\" }\n",
            "options = { app_key = \"(redacted)\", cookie_secret = { file = \"secret\" } }",
        ] {
            assert!(shown.contains(part), "{part} is not in:\n{shown}");
        }
        assert_eq!(names(Some(&file)).expect("names"), ["a b", "all", "shop"]);
    }
}
