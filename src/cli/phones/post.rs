//! `palabre post`.

use clap::{Args, Subcommand};
use sip_gateway_proto::plan::Post;

use super::super::people::{Export, Import};
use super::{change, list, open_store, say, say_json, table};
use crate::config::Config;
use crate::directory::{Place, PostView, blank};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PostCommand {
    /// Adds an embassy, a consulate or the ministry itself.
    Add(Add),
    /// Says where a post is, what time it is there and what its link carries.
    Change(Change),
    /// Lists the posts.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Adds and changes posts as a table says: every line of it or none.
    Import(Import),
    /// Prints the posts as a table that can be imported.
    Export(Export),
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
    #[command(flatten)]
    place: PlaceArgs,
}

/// Where a post is and what its link carries.
#[derive(Debug, Args)]
struct PlaceArgs {
    /// The city where it is.
    #[arg(long)]
    city: Option<String>,
    /// What its link carries towards it, in kbit/s.
    #[arg(long, value_name = "KBIT")]
    down: Option<u32>,
    /// What its link carries away from it, in kbit/s.
    #[arg(long, value_name = "KBIT")]
    up: Option<u32>,
}

impl PlaceArgs {
    fn on(self, place: Place) -> Place {
        Place {
            city: self.city.unwrap_or(place.city),
            down_kbit: self.down.or(place.down_kbit),
            up_kbit: self.up.or(place.up_kbit),
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Change {
    /// Which post.
    name: String,
    /// The IANA name of its time; that of the country's capital if empty.
    #[arg(long)]
    time_zone: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

impl Change {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let store = open_store(config).await?;
        let house = store.read_plan(&config.sip.realm).await?.house;
        let mut change = change(&store).await?;
        let post = change.post_named(&self.name).await?;
        change.set_place(post, self.place.on(house.place(post))).await?;
        if let Some(zone) = &self.time_zone {
            change.set_time_zone(post, zone).await?;
        }
        change.commit().await?;
        store.close().await;
        say(&format!("The post {:?} is changed.", self.name.trim()))
    }
}

impl PostCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::Change(change) => change.run(config).await,
            Self::Import(import) => import.posts(config).await,
            Self::Export(export) => export.posts(config).await,
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
        change.set_place(id, self.place.on(Place::default())).await?;
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
        let posts: Vec<PostView> = plan.posts.iter().map(|post| PostView::of(post, &plan, &house)).collect();
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
