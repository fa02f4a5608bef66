//! Session systems of which nothing is in Redis: listed so that a search for them finds out why.

use crate::layout::{Layout, Rank, Verdict};

pub const EXPRESS_MEMORYSTORE: Layout = Layout {
    name: "express-memorystore",
    about: "express-session without a store (MemoryStore): cannot be administered from outside",
    family: "Node.js",
    home: Some("https://github.com/expressjs/session"),
    page: "\
where    JSON texts in the memory of one process, without a port or a file (express-session 1.19,
         session/memory.js)
end      a restart ends all of them; a single one only the application itself can end
do       give express-session a store, connect-redis for instance; that one is seen
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("sessions of MemoryStore are in no store"),
    ..Layout::PLAIN
};

pub const COOKIE_ONLY: Layout = Layout {
    name: "cookie-only",
    about: "iron-session, cookie-session, JWT sessions and others whose session is the cookie itself",
    family: "Node.js",
    page: "\
which    iron-session, cookie-session, koa-session without `store`, egg without a session store,
         Remix createCookieSessionStorage, hono-sessions CookieStore, @fastify/secure-session,
         @mgcrea/fastify-session with the sodium secretbox, next-auth and Auth.js with strategy
         `jwt`, express-openid-connect without `store`, tokens of Shopify App Bridge
where    in the browser's cookie, signed or encrypted; the server keeps nothing
end      no tool can list them or end one; a new secret ends all of them, a check of the user in the
         application those of a user
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("such sessions are in no store"),
    ..Layout::PLAIN
};
