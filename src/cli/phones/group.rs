//! `palabre group`.

use std::time::Duration;

use clap::{Args, Subcommand};
use sip_gateway_proto::plan::{RingGroup, RingStrategy};

use super::extension::valid_span;
use super::{change, choice, open_store, post_or_only, read, say, say_json, table};
use crate::config::Config;
use crate::directory::{Choice as _, GroupView, blank};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupCommand {
    /// Adds a number that rings several extensions.
    Add(Add),
    /// Lists the groups.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes a group; its members stay.
    Remove {
        /// Its number.
        number: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// What is dialled, 2 to 10 digits.
    number: String,
    /// What the other side's display shows.
    #[arg(long)]
    name: String,
    /// The extensions that ring, in order.
    #[arg(required = true)]
    members: Vec<String>,
    /// Who rings: all or in-order.
    #[arg(long, default_value = "all", value_parser = choice::<RingStrategy>)]
    strategy: RingStrategy,
    /// How long one member rings, or all of them together, such as 20s.
    #[arg(long, default_value = "30s", value_parser = valid_span)]
    ring: Duration,
    /// Where the call goes if nobody takes it.
    #[arg(long)]
    otherwise: Option<String>,
    /// The post it belongs to; not needed while there is only one.
    #[arg(long)]
    post: Option<String>,
}

impl GroupCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::List { json } => list(config, json).await,
            Self::Remove { number } => {
                let store = open_store(config).await?;
                let mut change = change(&store).await?;
                change.remove_group(&number).await?;
                change.commit().await?;
                store.close().await;
                say(&format!("The group {number} is removed."))
            }
        }
    }
}

impl Add {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let store = open_store(config).await?;
        let mut change = change(&store).await?;
        let post = post_or_only(&mut change, self.post.as_deref()).await?;
        let group = RingGroup {
            strategy: self.strategy,
            members: self.members,
            ring: self.ring,
            otherwise: self.otherwise,
            ..blank::group(&self.number, &self.name, post)
        };
        change.add_group(group).await?;
        change.commit().await?;
        store.close().await;
        say(&format!("The group {} is there.", self.number.trim()))
    }
}

async fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let (store, plan) = read(config).await?;
    store.close().await;
    if json {
        let groups: Vec<GroupView> = plan.groups.iter().map(|group| GroupView::of(group, &plan)).collect();
        return say_json(&groups);
    }
    let rows: Vec<[String; 5]> = plan
        .groups
        .iter()
        .map(|group| {
            [
                group.number.clone(),
                group.name.clone(),
                group.strategy.keyword().to_owned(),
                group.members.join(" "),
                table::or_dash(group.otherwise.as_deref()),
            ]
        })
        .collect();
    table::print(["number", "name", "rings", "members", "otherwise"], &rows, "There is no group yet.")
}
