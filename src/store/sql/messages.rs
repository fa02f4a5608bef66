//! What is said alike of the servers.

use crate::exit::Exit;
use crate::store::redis::tls_reason;
use crate::store::{Error, Reason};

pub(super) const BUSY: &str = "someone else holds a lock on these rows";
pub(super) const BUSY_HINT: &str = "run the command again when the requests that hold them are over";
pub(super) const READ_ONLY: &str = "it is read-only: a replica, or a default of the role or the database";
pub(super) const READ_ONLY_HINT: &str =
    "name the primary with --store, or a login whose transactions may write; a replica can be read";

/// The login was refused.
pub(super) fn login(place: String, why: &str) -> Error {
    Error::Database {
        place,
        reason: format!("the login was refused: {why}"),
        hint: Some(
            "give the password with --password-file FILE, --password-command CMD, PGPASSWORD or ~/.pgpass \
             (PostgreSQL), MYSQL_PWD (MySQL), or in the address"
                .to_string(),
        ),
        exit: Exit::Denied,
    }
}

/// Why TLS did not come about, in plain words; `None` where it is not about TLS.
pub(super) fn tls(text: &str) -> Option<Reason> {
    // As the two clients say it (tokio-postgres `connect_tls`, mysql `DriverError::TlsNotSupported`).
    if text.contains("does not support TLS") || text.contains("does not have this capability") {
        let why = "the server does not speak TLS, which is demanded (sslmode, --cacert)";
        return Some(Reason::Unfit(why.to_string()));
    }
    let about = ["invalid peer certificate", "KeyMismatch", "CertificateRequired"];
    about.iter().any(|about| text.contains(about)).then(|| Reason::Unfit(tls_reason(text)))
}
