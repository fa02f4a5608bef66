//! What can go wrong in the user's eyes: errors that come with advice, and near names for misspelt ones.
//!
//! Everybody may make one; [`crate::error`] alone turns them into lines and an exit code.

use crate::exit::{Advice, Exit};

/// Refused by a safety limit, before anything was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    pub what: String,
    pub hint: Option<String>,
}

/// The command line or the configuration file is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Usage {
    pub what: String,
    pub hint: Option<String>,
}

/// Any other error that comes with advice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    pub what: String,
    pub hint: Option<String>,
}

/// The user asked to stop before anything had come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// An error for which there is other advice than its own.
#[derive(Debug)]
pub struct Lacking {
    pub error: anyhow::Error,
    pub exit: Exit,
    pub hint: String,
}

impl std::fmt::Display for Lacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.error)
    }
}

impl std::error::Error for Lacking {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.error.as_ref())
    }
}

impl Advice for Lacking {
    fn exit(&self) -> Exit {
        self.exit
    }

    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

impl Advice for Interrupted {
    fn exit(&self) -> Exit {
        Exit::Interrupted
    }

    fn hint(&self) -> Option<String> {
        None
    }
}

macro_rules! advised {
    ($($type:ident => $exit:ident)*) => {$(
        impl Advice for $type {
            fn exit(&self) -> Exit {
                Exit::$exit
            }

            fn hint(&self) -> Option<String> {
                self.hint.clone()
            }
        }

        impl $type {
            pub fn new(what: impl Into<String>) -> $type {
                $type { what: what.into(), hint: None }
            }

            #[must_use]
            pub fn hint(self, hint: impl Into<String>) -> $type {
                $type { hint: Some(hint.into()), ..self }
            }
        }
    )*};
}
advised!(Refusal => Refused Usage => Usage Failure => Failed);

/// The nearest of the known names to a misspelt one.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|near| (strsim::jaro_winkler(name, near), near))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, near)| near)
}

/// `did you mean …?`, or all that is known where nothing is near.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("available: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}
