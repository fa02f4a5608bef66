//! Spring Session with the indexed repository: sessions are found by their user.

use crate::frameworks::jvm::spring_session as base;
use crate::layout::{Ends, Evidence, Layout, Namespaced};

pub const LAYOUT: Layout = Layout {
    name: "spring-session-indexed",
    about: "Spring Session Data Redis, indexed repository, Java serialization",
    home: Some("https://docs.spring.io/spring-session/reference/"),
    page: "\
key      <namespace>:sessions:<id>, a hash, as spring-session; it outlives its session by 300 s, so
         that the application can read it when it is told of the end
value    as spring-session
expiry   the TTL of <namespace>:sessions:expires:<id>, an empty string: the shadow key. `expire`
         sets the interval in the hash, as setMaxInactiveInterval would, the TTL of both keys, and
         the session's place among the expirations; a request counts the interval anew
user     as spring-session
cookie   as spring-session
index    set <namespace>:index:<name of the index>:<user> of ids, without TTL;
         set <namespace>:expirations:<ms> of `expires:<id>` for each minute, or with
         SortedSetRedisSessionExpirationStore (3.4) the sorted set <namespace>:sessions:expirations.
         Their members went through a serializer of their own: Java streams, quoted JSON texts or
         bare ones, whatever the hash's values are; after a change the same id stands there twice
end      shadow key, entries in the indexes, hash. The framework itself leaves the hash for 300 s
         with maxInactiveInterval 0 (RedisIndexedSessionRepository.deleteById): such a session is
         over and is still listed
alike    spring-session: told by the other keys of the namespace
",
    marks: &[],
    recognize: base::recognize_any,
    ends: Ends {
        end: |_, session| base::indexed(session),
        expire: base::expire_indexed,
        user_index: Some(base::BY_USER),
        events: Some("Egx"),
        caveats: &[
            "Remember-me cookies and an OAuth 2 login at the provider log the visitor in again.",
            "A request in flight writes a part of the session back, without creationTime; Spring fails on it.",
            "Without keyspace events (notify-keyspace-events Egx) the application is not told of the end.",
        ],
        ..base::LAYOUT.ends
    },
    evidence: Evidence::Namespace(NAMESPACED),
    ..base::LAYOUT
};

pub const JSON: Layout = Layout {
    name: "spring-session-indexed-json",
    about: "Spring Session Data Redis, indexed repository, JSON",
    home: Some("https://docs.spring.io/spring-session/reference/"),
    page: "\
key      as spring-session-indexed
value    as spring-session-json
expiry   as spring-session-indexed
user     as spring-session
cookie   as spring-session
index    as spring-session-indexed
end      as spring-session-indexed
alike    spring-session-json: told by the other keys of the namespace
",
    evidence: Evidence::Namespace(Namespaced { of: &["spring-session-json"], ..NAMESPACED }),
    ..LAYOUT
};

const NAMESPACED: Namespaced = Namespaced {
    of: &["spring-session"],
    namespace_of: base::namespace_of,
    given_away_by: base::indexed_evidence,
    keys: |session| base::companions(&base::indexed(session)),
    over: &[],
};
