//! Users who were asked for and are not there, and who may have been meant.

use std::cell::RefCell;

use super::Filter;
use crate::layout::session::Session;

/// A name longer than this is compared with nobody's.
const LONGEST: usize = 100;
/// From how alike on two names are worth a question.
const ALIKE: f64 = 0.85;

/// A filter that notes, of each user whom it names, whether a session of theirs came by.
#[derive(Debug)]
pub struct Near<'f> {
    filter: &'f Filter,
    users: RefCell<Vec<Wanted<'f>>>,
}

#[derive(Debug)]
struct Wanted<'f> {
    name: &'f str,
    seen: bool,
    best: Option<(f64, String)>,
}

impl<'f> Near<'f> {
    pub fn new(filter: &'f Filter) -> Near<'f> {
        let wanted = |name: &'f String| Wanted { name, seen: false, best: None };
        Near { filter, users: RefCell::new(filter.users().iter().map(wanted).collect()) }
    }

    /// Whether the session is one of those that are meant.
    pub fn keeps(&self, session: &Session<'_>) -> bool {
        if let Some(user) = session.facts.user.as_deref().filter(|user| user.len() <= LONGEST) {
            for wanted in self.users.borrow_mut().iter_mut().filter(|wanted| !wanted.seen) {
                wanted.meets(user);
            }
        }
        self.filter.keeps(session)
    }

    /// What there is to say of each user of whom no session came by; after a whole scan only.
    pub fn missed(&self) -> Vec<String> {
        self.users.borrow().iter().filter(|wanted| !wanted.seen).map(Wanted::missed).collect()
    }
}

impl Wanted<'_> {
    fn meets(&mut self, user: &str) {
        if user == self.name {
            self.seen = true;
            return;
        }
        if self.name.len() > LONGEST {
            return;
        }
        let (lower, wanted) = (user.to_lowercase(), self.name.to_lowercase());
        let alike = strsim::jaro_winkler(&lower, &wanted);
        if alike >= ALIKE && self.best.as_ref().is_none_or(|(best, _)| *best < alike) {
            self.best = Some((alike, user.to_string()));
        }
    }

    fn missed(&self) -> String {
        let name = self.name;
        match &self.best {
            None | Some(_) if name.contains(',') => {
                format!("no sessions of `{name}`, which is taken as one name: repeat --user for several")
            }
            Some((_, near)) => format!("no sessions of `{name}`; did you mean `{near}`?"),
            None => format!("no sessions of `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let said = |name: &str, users: &[&str]| {
            let mut wanted = Wanted { name, seen: false, best: None };
            for user in users {
                wanted.meets(user);
            }
            (!wanted.seen).then(|| wanted.missed())
        };
        assert_eq!(
            said("alcie", &["bob", "alice", "alina"]).as_deref(),
            Some("no sessions of `alcie`; did you mean `alice`?")
        );
        assert_eq!(
            said("ALICE", &["alice"]).as_deref(),
            Some("no sessions of `ALICE`; did you mean `alice`?")
        );
        assert_eq!(said("zoe", &["bob"]).as_deref(), Some("no sessions of `zoe`"));
        assert!(said("alice,bob", &["carol"]).is_some_and(|said| said.contains("repeat --user")));
        assert_eq!(said("alice", &["alicia", "alice"]), None);
    }
}
