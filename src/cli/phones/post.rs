//! `palabre post`.

use clap::{Args, Subcommand};
use sip_gateway_proto::plan::Post;

use super::{change, list, open_store, say, say_json, table};
use crate::config::Config;
use crate::directory::{PostView, blank};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PostCommand {
    /// Adds an embassy, a consulate or the ministry itself.
    Add(Add),
    /// Lists the posts.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes a post to which nothing belongs any more.
    Remove {
        /// Which.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// As people call it, such as Paris.
    name: String,
    /// The country whose national numbers are dialled there, as two letters.
    #[arg(long)]
    country: String,
    /// What is dialled before an outside number; nothing if empty.
    #[arg(long, default_value = "0")]
    prefix: String,
    /// Emergency numbers, separated by commas.
    #[arg(long, default_value = "112")]
    emergency: String,
    /// The IANA name of its time, such as Africa/Porto-Novo; that of the country's capital if not said.
    #[arg(long, default_value = "")]
    time_zone: String,
}

impl PostCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::List { json } => list_posts(config, json).await,
            Self::Remove { name } => {
                let store = open_store(config).await?;
                let mut change = change(&store).await?;
                let post = change.post_named(&name).await?;
                change.remove_post(post).await?;
                change.commit().await?;
                store.close().await;
                say(&format!("The post {name:?} is removed."))
            }
        }
    }
}

impl Add {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let store = open_store(config).await?;
        let mut change = change(&store).await?;
        let post = Post {
            country: self.country,
            outside_prefix: self.prefix,
            emergency: list(&self.emergency),
            ..blank::post(&self.name)
        };
        let id = change.add_post(post).await?;
        change.set_time_zone(id, &self.time_zone).await?;
        change.commit().await?;
        store.close().await;
        say(&format!("The post {:?} is there.", self.name.trim()))
    }
}

async fn list_posts(config: &Config, json: bool) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let crate::store::ReadPlan { plan, house, .. } = store.read_plan(&config.sip.realm).await?;
    store.close().await;
    if json {
        let posts: Vec<PostView> = plan.posts.iter().map(|post| PostView::of(post, &house)).collect();
        return say_json(&posts);
    }
    let rows: Vec<[String; 5]> = plan
        .posts
        .iter()
        .map(|post| {
            let prefix = table::or_dash(Some(&post.outside_prefix));
            let zone = house.time_zone(post).to_owned();
            [post.name.clone(), post.country.clone(), zone, prefix, post.emergency.join(" ")]
        })
        .collect();
    table::print(["post", "country", "time zone", "prefix", "emergency"], &rows, "There is no post yet.")
}
