//! How long something is tried again that may be otherwise after a while.

use std::time::{Duration, Instant};

use crate::store::{Error, Reason};

/// How often something is asked for that is not expected to come back.
const TRIES: u32 = 3;
/// Between two tries at first, and at most.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long something is tried again.
pub(super) struct Patience {
    until: Instant,
    pause: Duration,
    tries: u32,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Patience {
        Patience { until: Instant::now() + limit, pause: PAUSE, tries: 0 }
    }

    /// Waits a little; false when it was tried long enough, or when nobody wants to wait any more. Where
    /// there is no `hope` that is soon.
    pub(super) fn wait(&mut self, hope: bool) -> bool {
        self.tries += 1;
        if (!hope && self.tries >= TRIES) || Instant::now() >= self.until || crate::ui::interrupted() {
            return false;
        }
        std::thread::sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

/// Whether it may be otherwise after a while: a slot moves, or a replica takes over.
pub(super) fn passes(error: &Error) -> bool {
    matches!(
        error,
        Error::Moved { .. }
            | Error::ClusterDown { .. }
            | Error::Lost { .. }
            | Error::Replica { .. }
            | Error::Replaced { .. }
            | Error::Leaderless { .. }
            | Error::Loading { .. }
            | Error::Detached { .. }
            | Error::Connect { reason: Reason::Absent(_), .. }
    )
}
