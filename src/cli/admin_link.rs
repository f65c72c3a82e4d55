//! `palabre admin-link`: the way in when there is no administrator, or none who remembers the password.

use jiff::Timestamp;

use super::{open_store, say};
use crate::accounts::{make_setup_link, setup_url};
use crate::audit;
use crate::config::Config;
use crate::server::local_url;

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let secret = make_setup_link(&store, Timestamp::now()).await?;
    let entry = audit::Entry::console("setup-link", "");
    audit::append(&store, Timestamp::now(), &entry).await?;
    store.close().await;

    say(&setup_url(&local_url(config, config.http.listen), &secret))
}
