//! Session systems of Perl of which nothing is in Redis: listed so that a search for them finds out why.

use crate::layout::{Layout, Rank, Verdict};

pub const PERL_ELSEWHERE: Layout = Layout {
    name: "perl-elsewhere",
    about: "Mojolicious, Plack::Middleware::Session::Cookie and others whose session is the cookie",
    family: "Perl",
    page: "\
which    Mojolicious' own sessions, Plack::Middleware::Session::Cookie, Dancer2's sessions in files,
         YAML or cookies, CGI::Session with its file and SQL drivers
where    in a signed cookie, in files or in SQL
end      a new secret of the application ends all that are cookies; no tool can end one
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("such sessions are in no store"),
    ..Layout::PLAIN
};
