//! The commands for desk phones. They work on the store, whether a server runs on it or not; one that does notices
//! within a second.

mod conference;
mod device;
mod extension;
mod group;
mod import;
mod post;
mod sip;
mod table;
mod trunk;
mod voicemail;

pub(super) use extension::ExtensionCommand;
pub(super) use group::GroupCommand;
pub(super) use post::PostCommand;
pub(super) use sip::SipCommand;
pub(super) use trunk::TrunkCommand;

use anyhow::Context as _;
use jiff::Timestamp;
use sip_gateway_proto::plan::{Plan, PostId};

use super::{open_store, say};
use crate::config::Config;
use crate::directory::{PlanError, blank};
use crate::store::{By, PlanChange, Store};

/// The store with its plan as it is now.
async fn read(config: &Config) -> anyhow::Result<(Store, Plan)> {
    let store = open_store(config).await?;
    let plan = store.read_plan(&config.sip.realm).await?.plan;
    Ok((store, plan))
}

/// A change of the plan by whoever sits at the console.
async fn change(store: &Store) -> anyhow::Result<PlanChange> {
    Ok(store.change_plan(By::console(), Timestamp::now()).await?)
}

/// The post of a name; without a name, the only one, which is made when there is none yet.
async fn post_or_only(change: &mut PlanChange, name: Option<&str>) -> anyhow::Result<PostId> {
    if let Some(name) = name {
        return Ok(change.post_named(name).await?);
    }
    match change.only_post().await? {
        Ok(Some(post)) => Ok(post),
        Ok(None) => {
            let post = blank::post(FIRST_POST);
            let (country, prefix) = (post.country.clone(), post.outside_prefix.clone());
            let id = change.add_post(post).await?;
            notice(&format!(
                "There was no post yet: {FIRST_POST:?} was made, country {country}, {prefix} before outside numbers; \
                 see `palabre post`."
            ))?;
            Ok(id)
        }
        Err(several) => anyhow::bail!("there are {several} posts: say which one with --post"),
    }
}

/// Tells something beside the answer, so that the answer stays readable for programs.
fn notice(line: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stderr().lock(), "{line}").context("standard error is closed")
}

/// Prints an answer as JSON.
fn say_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(value)?)
}

/// A choice, as `clap` reads it.
fn choice<T: crate::directory::Choice>(word: &str) -> Result<T, String> {
    T::from_word(word).ok_or_else(|| format!("choose {}", crate::directory::choices::<T>()))
}

/// A list separated by commas.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// The post of an id, by name.
fn post_name(plan: &Plan, id: PostId) -> String {
    plan.post(id).map_or_else(String::new, |post| post.name.clone())
}

/// An extension that is there.
fn extension<'a>(plan: &'a Plan, number: &str) -> anyhow::Result<&'a sip_gateway_proto::plan::Extension> {
    Ok(plan.extension(number).ok_or_else(|| PlanError::unknown("extension", number))?)
}

const FIRST_POST: &str = "Siège";
