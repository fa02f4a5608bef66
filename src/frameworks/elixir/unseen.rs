//! Session systems of Elixir of which nothing is in Redis: listed so that a search for them finds out why.

use crate::layout::{Layout, Rank, Verdict};

pub const PLUG_COOKIE: Layout = Layout {
    name: "plug-elsewhere",
    about: "Phoenix with its cookie store, Plug.Session.ETS, phx.gen.auth: no session in Redis",
    family: "Elixir",
    page: "\
which    Plug.Session.COOKIE (Phoenix' default), Plug.Session.ETS
where    in a cookie that is signed or encrypted, or in the memory of one node. Logins of
         phx.gen.auth are rows of SQL (users_tokens)
end      phx.gen.auth: delete the user's rows; a cookie store ends all with a new secret_key_base
beware   keys of Cachex, Nebulex and Hammer hold caches and rate limits, no sessions
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("such sessions are in no store"),
    ..Layout::PLAIN
};
