//! `palabre trunk`: lines to the public network, the routes that take them, and the public numbers they bring.

use std::io::BufRead as _;
use std::net::IpAddr;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{
    Class, IdentityProfile, InboundNumber, OutboundRoute, Trunk, TrunkCredentials,
};

use super::{change, choice, open_store, post_name, post_or_only, read, say, say_json, table};
use crate::config::Config;
use crate::directory::{Choice as _, InboundView, RouteView, TrunkView, blank};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TrunkCommand {
    /// Adds a line to a provider.
    Add(Box<Add>),
    /// Lists the trunks.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes a trunk with its public numbers, and from the routes that take it.
    Remove {
        /// Which.
        name: String,
    },
    /// Says which trunks calls to the outside take.
    #[command(subcommand)]
    Route(Route),
    /// Says where public numbers lead.
    #[command(subcommand)]
    Number(Number),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// What you call it.
    name: String,
    /// The provider's host name or address.
    #[arg(long)]
    host: String,
    /// The provider's port, if not the transport's own.
    #[arg(long)]
    port: Option<u16>,
    /// What carries requests to it: udp, tcp or tls.
    #[arg(long, default_value = "udp", value_parser = choice::<Carrier>)]
    transport: Carrier,
    /// The post whose line it is; not needed while there is only one.
    #[arg(long)]
    post: Option<String>,
    /// The user name at the provider.
    #[arg(long)]
    username: Option<String>,
    /// The password at the provider; others may see command lines.
    #[arg(long, conflicts_with = "password_stdin")]
    password: Option<String>,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Register at the provider.
    #[arg(long)]
    register: bool,
    /// Addresses from which its calls come, beside those of the host.
    #[arg(long = "source", value_delimiter = ',')]
    sources: Vec<IpAddr>,
    /// Encrypt the sound; needs tls.
    #[arg(long)]
    srtp: bool,
    /// The number shown when the caller's own may not be shown, with country code.
    #[arg(long)]
    caller_id: Option<String>,
    /// How the caller is told: from or asserted.
    #[arg(long, default_value = "from", value_parser = choice::<IdentityProfile>)]
    identity: IdentityProfile,
    /// Calls it carries at once.
    #[arg(long, default_value_t = 2)]
    calls: u16,
    /// How far calls over it may go: internal, national or international.
    #[arg(long, default_value = "national", value_parser = choice::<Class>)]
    rights: Class,
    /// Write numbers without the plus.
    #[arg(long)]
    strip_plus: bool,
    /// Tell the provider the caller's name too, and not its number alone.
    #[arg(long)]
    show_name: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Route {
    /// Lets calls to a prefix take these trunks, the first that can.
    Add {
        /// How the number begins, with country code, such as +33; `any` for every number.
        prefix: String,
        /// The trunks, in order.
        #[arg(required = true)]
        trunks: Vec<String>,
        /// Only calls of this post.
        #[arg(long)]
        post: Option<String>,
    },
    /// Lists the routes.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes a route.
    Remove {
        /// Its prefix.
        prefix: String,
        /// The post whose calls it is for.
        #[arg(long)]
        post: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Number {
    /// Lets a public number lead to an extension or a group.
    Add {
        /// The number with country code, such as +22921300000; `any` for all that are not named.
        number: String,
        /// The trunk it comes in by.
        #[arg(long)]
        trunk: String,
        /// The extension or group it rings.
        target: String,
    },
    /// Lists the public numbers.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lets a public number lead nowhere.
    Remove {
        /// The number, or `any`.
        number: String,
        /// The trunk it comes in by.
        #[arg(long)]
        trunk: String,
    },
}

impl TrunkCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::List { json } => list(config, json).await,
            Self::Remove { name } => {
                let store = open_store(config).await?;
                let mut change = change(&store).await?;
                let trunk = change.trunk_named(&name).await?;
                change.remove_trunk(trunk).await?;
                change.commit().await?;
                store.close().await;
                say(&format!("The trunk {name:?} is removed."))
            }
            Self::Route(route) => route.run(config).await,
            Self::Number(number) => number.run(config).await,
        }
    }
}

impl Add {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let credentials = self.credentials()?;
        let store = open_store(config).await?;
        let mut change = change(&store).await?;
        let post = post_or_only(&mut change, self.post.as_deref()).await?;
        let trunk = Trunk {
            post,
            port: self.port,
            carrier: self.transport,
            credentials,
            register: self.register,
            sources: self.sources,
            srtp: self.srtp,
            caller_id: self.caller_id,
            identity: self.identity,
            calls: self.calls,
            rights: self.rights,
            strip_plus: self.strip_plus,
            show_name: self.show_name,
            ..blank::trunk(&self.name, &self.host)
        };
        change.add_trunk(trunk).await?;
        change.commit().await?;
        store.close().await;
        say(&format!(
            "The trunk {:?} is there; `palabre trunk route add` lets calls take it.",
            self.name.trim()
        ))
    }

    fn credentials(&self) -> anyhow::Result<Option<TrunkCredentials>> {
        let password = if self.password_stdin {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).context("the password could not be read")?;
            Some(line.trim_end_matches(['\r', '\n']).to_owned())
        } else {
            self.password.clone()
        };
        match (self.username.clone(), password) {
            (Some(username), Some(password)) => Ok(Some(TrunkCredentials { username, password })),
            (None, None) => Ok(None),
            (Some(_), None) => bail!("--username needs a password beside it: --password or --password-stdin"),
            (None, Some(_)) => bail!("the password needs --username beside it"),
        }
    }
}

async fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let (store, plan) = read(config).await?;
    store.close().await;
    if json {
        let trunks: Vec<_> = plan.trunks.iter().map(|trunk| TrunkView::of(trunk, &plan)).collect();
        return say_json(&trunks);
    }
    let rows: Vec<[String; 7]> = plan
        .trunks
        .iter()
        .map(|trunk| {
            let port = trunk.port.map(|port| format!(":{port}")).unwrap_or_default();
            [
                trunk.name.clone(),
                post_name(&plan, trunk.post),
                format!("{} {}{port}", trunk.carrier.keyword(), trunk.host),
                if trunk.register { "yes" } else { "no" }.to_owned(),
                trunk.calls.to_string(),
                trunk.rights.keyword().to_owned(),
                table::or_dash(trunk.caller_id.as_deref()),
            ]
        })
        .collect();
    let heads = ["trunk", "post", "provider", "registers", "calls", "rights", "caller id"];
    table::print(heads, &rows, "There is no trunk yet.")
}

impl Route {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        if let Self::List { json } = self {
            return list_routes(config, json).await;
        }
        let store = open_store(config).await?;
        let mut change = change(&store).await?;
        let done = match self {
            Self::Add { prefix, trunks: names, post } => {
                let mut trunks = Vec::new();
                for name in &names {
                    trunks.push(change.trunk_named(name).await?);
                }
                let post = match &post {
                    Some(name) => Some(change.post_named(name).await?),
                    None => None,
                };
                let route = OutboundRoute { post, prefix: any(&prefix), trunks };
                change.set_route(route).await?;
                format!("Calls to {prefix} take {} now.", names.join(", then "))
            }
            Self::Remove { prefix, post } => {
                let post = match &post {
                    Some(name) => Some(change.post_named(name).await?),
                    None => None,
                };
                change.remove_route(post, &any(&prefix)).await?;
                format!("The route to {prefix} is removed.")
            }
            Self::List { .. } => unreachable!("it was answered above"),
        };
        change.commit().await?;
        store.close().await;
        say(&done)
    }
}

async fn list_routes(config: &Config, json: bool) -> anyhow::Result<()> {
    let (store, plan) = read(config).await?;
    store.close().await;
    let routes: Vec<_> = plan.routes.iter().map(|route| RouteView::of(route, &plan)).collect();
    if json {
        return say_json(&routes);
    }
    let rows: Vec<[String; 3]> = routes
        .into_iter()
        .map(|route| {
            let post = route.post_name.unwrap_or_else(|| "every post".to_owned());
            [or_any(&route.prefix), post, route.trunk_names.join(", then ")]
        })
        .collect();
    table::print(["prefix", "calls of", "trunks"], &rows, "There is no route yet.")
}

impl Number {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        if let Self::List { json } = self {
            return list_numbers(config, json).await;
        }
        let store = open_store(config).await?;
        let mut change = change(&store).await?;
        let done = match self {
            Self::Add { number, trunk, target } => {
                let trunk = change.trunk_named(&trunk).await?;
                let inbound = InboundNumber { trunk, number: any(&number), target: target.clone() };
                change.set_inbound(inbound).await?;
                format!("Calls to {number} ring {target} now.")
            }
            Self::Remove { number, trunk } => {
                let trunk = change.trunk_named(&trunk).await?;
                change.remove_inbound(trunk, &any(&number)).await?;
                format!("Calls to {number} lead nowhere now.")
            }
            Self::List { .. } => unreachable!("it was answered above"),
        };
        change.commit().await?;
        store.close().await;
        say(&done)
    }
}

async fn list_numbers(config: &Config, json: bool) -> anyhow::Result<()> {
    let (store, plan) = read(config).await?;
    store.close().await;
    let numbers: Vec<_> = plan.inbound.iter().map(|inbound| InboundView::of(inbound, &plan)).collect();
    if json {
        return say_json(&numbers);
    }
    let rows: Vec<[String; 3]> = numbers
        .into_iter()
        .map(|inbound| [or_any(&inbound.number), inbound.trunk_name, inbound.target])
        .collect();
    table::print(["number", "trunk", "rings"], &rows, "There is no public number yet.")
}

/// The empty prefix or number, which stands for all, by its word.
fn any(text: &str) -> String {
    if text == "any" { String::new() } else { text.to_owned() }
}

fn or_any(text: &str) -> String {
    if text.is_empty() { "any".to_owned() } else { text.to_owned() }
}
