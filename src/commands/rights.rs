//! What a user of the server must be permitted for a command, all of it: anyone who lacks one right and is
//! told of that alone asks the administrator once for each.

use super::acl;
use crate::exit::{Advice as _, Exit};
use crate::fault::Lacking;
use crate::store::{Error, Lookup, is_replication};

/// What this user may not run of what reading takes, and of what a change takes, as rules that would permit
/// it; `None` where the server cannot be asked.
pub(super) fn lacking(store: &mut dyn Lookup) -> Result<Option<[String; 2]>, Error> {
    let mut lacking = [acl::reading(), acl::changing()];
    for rights in &mut lacking {
        let commands: Vec<&str> =
            rights.split_whitespace().filter_map(|right| right.strip_prefix('+')).collect();
        let Some(lacks) = store.lacks(&commands)? else { return Ok(None) };
        *rights = lacks.iter().map(|command| format!("+{command}")).collect::<Vec<_>>().join(" ");
    }
    Ok(Some(lacking))
}

/// The error with all that the command needs, where the server refused one of its requests for want of a
/// right.
pub(super) fn named(error: anyhow::Error, changes: bool) -> anyhow::Error {
    let denied = error.chain().find_map(|cause| match cause.downcast_ref::<Error>() {
        // For a snapshot there is nothing more to permit.
        Some(Error::Denied { command, .. }) if is_replication(command) => None,
        Some(denied @ Error::Denied { .. }) => Some(denied.hint().unwrap_or_default()),
        _ => None,
    });
    let Some(hint) = denied else { return error };
    let (what, rights) = if changes { ("a change", acl::changing()) } else { ("reading", acl::reading()) };
    Lacking { error, exit: Exit::Denied, hint: format!("{hint}; all that {what} takes: {rights}") }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rights_are_named_where_one_lacks() {
        let denied = Error::Denied {
            place: "redis://db1:6379/0".to_string(),
            user: "ops".to_string(),
            command: "GET".to_string(),
        };
        let told = crate::error::tell(&named(anyhow::Error::from(denied).context("reading"), false));
        assert_eq!(told.exit, Exit::Denied);
        assert_eq!(told.lines, ["reading", "ops has no permission to run GET on redis://db1:6379/0"]);
        let hint = told.hint.expect("a hint");
        assert!(hint.contains("ACL SETUSER ops +get; all that reading takes: +scan +type +get "), "{hint}");
        assert!(named(anyhow::anyhow!("other"), true).downcast_ref::<Lacking>().is_none());
    }
}
