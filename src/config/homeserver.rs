//! `homeserver`: whose rooms the desk uses.

use ruma::OwnedServerName;
use url::Url;

use super::check;
use crate::yaml::Fields;

/// The homeserver.
#[derive(Clone, Debug)]
pub struct Homeserver {
    /// Where its client-server API is reached from here.
    pub url: Url,
    /// Its name: what follows the colon in its users' ids.
    pub domain: OwnedServerName,
}

impl Homeserver {
    pub(super) fn read(fields: &Fields<'_>) -> Option<Self> {
        let url = fields.required("url", check::http_url);
        let domain = fields.required("domain", check::server_name);
        Some(Self { url: url?, domain: domain? })
    }
}
