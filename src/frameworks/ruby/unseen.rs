//! Session systems of Ruby of which nothing is in Redis: listed so that a search for them finds out why.

use crate::layout::{Layout, Rank, Verdict};

pub const RAILS_SQL: Layout = Layout {
    name: "rails-elsewhere",
    about: "Discourse, Mastodon, Canvas, Chatwoot and Rails applications with cookie or SQL sessions",
    family: "Ruby",
    page: "\
which    Rails' default :cookie_store, :active_record_store (OpenProject, Zammad by default), the
         authentication of Rails 8, Rack::Session::Cookie and ::Pool, Roda's `sessions`, Clearance
where    in an encrypted cookie, or in rows of SQL; of Discourse in user_auth_tokens (cookie _t), of
         Mastodon in session_activations
end      in the application: Discourse's admin page of a user, Mastodon's account settings
beware   they share their Redis with Sidekiq and caches. Discourse's shared_session_key_<user> hand
         a login over for seconds, Zammad's sessions/<id> are clients of web sockets: no sessions
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("such sessions are in no store"),
    ..Layout::PLAIN
};

pub const SIDEKIQ: Layout = Layout {
    name: "sidekiq-web",
    about: "Sidekiq::Web, Resque and Flipper: pages on the session of the application around them",
    family: "Ruby",
    home: Some("https://github.com/sidekiq/sidekiq"),
    page: "\
where    in the application's own session, or in a cookie of Rack; Sidekiq stores no sessions
beware   its keys in Redis are jobs and processes: queues, queue:<name>, schedule, retry, dead,
         processes, <host>:<pid>:<id>, stat:<name>, cron_job:<name>. None of them is a session
",
    rank: Rank::Unseen,
    recognize: |_, _| Verdict::no("such sessions are in no store"),
    ..Layout::PLAIN
};
