//! Gateways and identity providers of which no browser session is in Redis: listed so that a search for them
//! finds out why.

use crate::layout::{Layout, Rank, Verdict};

pub const IDENTITY_ELSEWHERE: Layout = Layout {
    name: "identity-elsewhere",
    about: "Keycloak, Ory, Dex, Grafana, Pomerium, Vouch, traefik-forward-auth, Teleport and others",
    family: "Proxies",
    page: "\
which    Keycloak (Infinispan and SQL), Ory Kratos and Hydra (SQL), Dex (SQL, etcd, Kubernetes),
         Grafana (SQL table user_auth_token; its Redis is a cache), Pomerium (cookie and databroker,
         without Redis by now), Vouch, traefik-forward-auth, Drone, Portainer (signed cookies or
         tokens), Teleport (backends of its own), authentik since 2025.4 (SQL)
end      in the product itself; deleting keys of its cache ends nothing
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("such sessions are in no store"),
    ..Layout::PLAIN
};
