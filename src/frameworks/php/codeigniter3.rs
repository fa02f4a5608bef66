//! CodeIgniter 3.

use crate::frameworks::php::codeigniter4;
use crate::layout::{Ends, Keys, Layout, whose};

pub const LAYOUT: Layout = Layout {
    name: "codeigniter3",
    about: "CodeIgniter 3 (Session_redis_driver), with Ion Auth (PHP)",
    family: "PHP",
    home: Some("https://codeigniter.com/userguide3/libraries/sessions.html"),
    page: "\
key      ci_session:[<ip>:]<id>, a string; the address when sess_match_ip is on; `?prefix=` in
         sess_save_path replaces ci_session:; id as php.ini says, 32 of [0-9a-v] or 40 digits
value    PHP session: __ci_last_regenerate, __ci_vars, and the application's own
expiry   the key's TTL alone, moved by every request
user     user_id, identity (Ion Auth), then by convention, in `userdata` as well
cookie   ci_session (sess_cookie_name) = the id, unsigned
index    none
end      the key and its lock <key>:lock (Session_redis_driver.php `destroy`, 3.2.0-dev)
alike    codeigniter4 before 4.3: _ci_previous_url and ids of 32 hexadecimal digits are its own
beware   ids are regenerated without the old key being removed: it keeps the login for the rest of
         its TTL. End by user, not by one id
",
    keys: Keys { prefix: "ci_session:", ..codeigniter4::LAYOUT.keys },
    recognize: codeigniter4::is_session,
    describe: codeigniter4::describe_any,
    whose: whose::PLAIN,
    ends: Ends {
        caveats: &[
            Layout::WRITTEN_BACK_IF_CHANGED,
            "An id that was regenerated leaves its old key with the same login: end by user, not by one id.",
        ],
        ..codeigniter4::LAYOUT.ends
    },
    same_as: &["codeigniter4"],
    ..codeigniter4::LAYOUT
};
