//! Session systems of OpenResty of which nothing is in Redis: listed so that a search for them finds out why.

use crate::layout::{Layout, Rank, Verdict};

pub const LUA_ELSEWHERE: Layout = Layout {
    name: "lua-elsewhere",
    about: "Kong's session plugin, Lapis, lua-resty-session with its cookie storage: none in Redis",
    family: "Lua",
    page: "\
which    lua-resty-session with storage `cookie` (the default), Kong's open session plugin, Lapis
where    in the cookie, signed or encrypted; of Kong's plugin with `storage: kong` in the SQL table
         sessions
end      Kong: DELETE /sessions/<id> of the Admin API; cookies end with a new secret only
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("such sessions are in no store"),
    ..Layout::PLAIN
};
