//! Spring Session with the reactive indexed repository of WebFlux.

use crate::frameworks::jvm::spring_session as base;
use crate::layout::{Ends, Evidence, Layout, Namespaced};

pub const LAYOUT: Layout = Layout {
    name: "spring-session-reactive",
    about: "Spring Session Data Redis, reactive indexed repository (WebFlux)",
    home: Some("https://docs.spring.io/spring-session/reference/"),
    page: "\
key      <namespace>:sessions:<id>, a hash, as spring-session; it outlives its session by 300 s
value    as spring-session, Java serialization or JSON; the name that an application sets itself is
         the attribute PRINCIPAL_NAME_INDEX_NAME without a package
expiry   the TTL of <namespace>:sessions:expires:<id>, an empty string: the shadow key. `expire`
         sets the interval in the hash, the TTL of both keys and the score among the expirations
user     as spring-session
cookie   SESSION = the id itself (CookieWebSessionIdResolver)
index    set <namespace>:sessions:index:PRINCIPAL_NAME_INDEX_NAME:<user> of ids, without TTL;
         set <namespace>:sessions:<id>:idx of the indexes that hold the session;
         sorted set <namespace>:sessions:expirations. Their members went through the serializer
end      all of it (ReactiveRedisIndexedSessionRepository, 3.3 up to 4.1): nothing stays behind
alike    spring-session: told by the other keys of the namespace
",
    marks: &[],
    recognize: base::recognize_any,
    ends: Ends {
        end: |_, session| base::reactive(session),
        expire: base::expire_reactive,
        user_index: Some(base::BY_USER_REACTIVE),
        events: Some("Egx"),
        ..base::LAYOUT.ends
    },
    evidence: Evidence::Namespace(Namespaced {
        of: &["spring-session", "spring-session-json"],
        namespace_of: base::namespace_of,
        given_away_by: base::reactive_evidence,
        keys: |session| base::companions(&base::reactive(session)),
        // The indexed repository has no key that this one has not as well.
        over: &["spring-session-indexed", "spring-session-indexed-json"],
    }),
    ..base::LAYOUT
};
