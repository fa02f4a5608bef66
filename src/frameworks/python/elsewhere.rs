//! Session systems of Python of which nothing can be ended in Redis: listed so that a search for them finds
//! out why.

use crate::layout::{Layout, Rank, Verdict};

pub const FRAPPE: Layout = Layout {
    name: "frappe",
    about: "Frappe and ERPNext: sessions in SQL, and one hash in Redis with a copy of each",
    family: "Python",
    page: "\
where    the table tabSessions in SQL; Redis holds one hash a site, <db_name>|session, whose fields
         are the ids and whose values pickles (frappe/sessions.py, utils/redis_wrapper.py of 13)
user     `user` in the pickle, an e-mail address
end      the field, then the row: without that the next request reads the session again from SQL.
         The hash as a whole belongs to all sessions
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("its sessions are fields of one hash, and their truth is in SQL"),
    ..Layout::PLAIN
};
