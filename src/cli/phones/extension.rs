//! `palabre extension`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use sip_gateway_proto::plan::{Class, DigestAlgorithm, Extension, Forwarding};

use super::device::{DeviceCommand, Given, PasswordArgs, say_credentials};
use super::voicemail::Voicemail;
use super::{change, choice, import, open_store, post_name, post_or_only, read, say, say_json, table};
use crate::config::{Config, span};
use crate::directory::{ExtensionView, blank};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ExtensionCommand {
    /// Adds a number with one phone, whose password is made and shown once unless given.
    Add(Add),
    /// Adds many from a table in one step, or none: the first line names the columns.
    ///
    /// The columns `number` and `name` must be there; `post`, `rights`, `digest`, `password`, `label` and
    /// `pickup_group` may be. Fields are separated by commas or semicolons. A password that is not given is made.
    #[command(after_help = import::EXAMPLE)]
    Import {
        /// The table.
        file: PathBuf,
        /// Answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the extensions.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes an extension with its devices and registrations.
    Remove {
        /// Which.
        number: String,
    },
    /// Sends an extension's calls elsewhere; without a target, not any more.
    Forward(Forward),
    /// Gives an extension a mailbox, or takes it away with the way to its messages.
    Voicemail(Voicemail),
    /// Adds, lists and removes the phones of an extension.
    #[command(subcommand)]
    Device(DeviceCommand),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// What is dialled, 2 to 10 digits.
    number: String,
    /// What the other side's display shows.
    #[arg(long)]
    name: String,
    /// The post it belongs to; not needed while there is only one.
    #[arg(long)]
    post: Option<String>,
    /// How far it may call: none, internal, national or international.
    #[arg(long, default_value = "internal", value_parser = choice::<Class>)]
    rights: Class,
    /// The digest algorithm its phones use: md5 or sha-256.
    #[arg(long, default_value = "md5", value_parser = choice::<DigestAlgorithm>)]
    digest: DigestAlgorithm,
    /// Calls to the outside it may have at once.
    #[arg(long, default_value_t = 2)]
    outside_calls: u16,
    /// Extensions with the same word may take each other's ringing calls.
    #[arg(long)]
    pickup_group: Option<String>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Forward {
    /// Whose calls.
    number: String,
    /// Which calls.
    #[arg(value_enum)]
    when: When,
    /// Where to; not given, these calls ring here again.
    target: Option<String>,
    /// How long it rings before nobody answers, such as 20s.
    #[arg(long, value_parser = valid_span)]
    after: Option<Duration>,
}

/// Which calls are forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// All.
    Always,
    /// Those that come while it is busy.
    Busy,
    /// Those that nobody answers.
    Noanswer,
    /// None: every forward ends.
    None,
}

impl ExtensionCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::Import { file, json } => import::run(config, &file, json).await,
            Self::List { json } => list(config, json).await,
            Self::Remove { number } => remove(config, &number).await,
            Self::Forward(forward) => forward.run(config).await,
            Self::Voicemail(voicemail) => voicemail.run(config).await,
            Self::Device(device) => device.run(config).await,
        }
    }
}

/// An extension that was added, with what its phone needs.
#[derive(Debug, Serialize)]
pub(super) struct Added {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) username: String,
    pub(super) password: String,
}

impl Add {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let password = self.password.take()?;
        let store = open_store(config).await?;
        let mut change = change(&store).await?;
        let post = post_or_only(&mut change, self.post.as_deref()).await?;
        let extension = Extension {
            rights: self.rights,
            digest: self.digest,
            outside_calls: self.outside_calls,
            pickup_group: self.pickup_group,
            ..blank::extension(self.number.trim(), &self.name, post)
        };
        let number = extension.number.clone();
        change.add_extension(extension).await?;
        let device = blank::device("", "");
        let username = change.add_device(&number, device, &password, &config.sip.realm).await?;
        change.commit().await?;
        store.close().await;

        let given = Given { number, username, password: password.expose().to_owned() };
        say_credentials(config, &given, self.json)
    }
}

async fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let (store, plan) = read(config).await?;
    let bindings = store.bindings(jiff::Timestamp::now()).await?;
    store.close().await;
    if json {
        let extensions: Vec<_> = plan.extensions.iter().map(|one| ExtensionView::of(one, &plan)).collect();
        return say_json(&extensions);
    }
    let rows: Vec<[String; 7]> = plan
        .extensions
        .iter()
        .map(|extension| {
            let registered = bindings.iter().filter(|binding| binding.aor == extension.number).count();
            [
                extension.number.clone(),
                extension.name.clone(),
                post_name(&plan, extension.post),
                crate::directory::Choice::keyword(extension.rights).to_owned(),
                extension.devices.len().to_string(),
                registered.to_string(),
                forwards(extension),
            ]
        })
        .collect();
    let heads = ["number", "name", "post", "rights", "devices", "registered", "forward"];
    table::print(heads, &rows, "There is no extension yet.")
}

fn forwards(extension: &Extension) -> String {
    let forward = &extension.forward;
    let mut parts = Vec::new();
    if extension.do_not_disturb {
        parts.push("do not disturb".to_owned());
    }
    for (when, target) in
        [("always", &forward.always), ("busy", &forward.busy), ("no answer", &forward.no_answer)]
    {
        parts.extend(target.iter().map(|target| format!("{when}: {target}")));
    }
    table::or_dash(Some(&parts.join(", ")))
}

async fn remove(config: &Config, number: &str) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let mut change = change(&store).await?;
    change.remove_extension(number).await?;
    change.commit().await?;
    store.close().await;
    say(&format!("Extension {number} is removed."))
}

impl Forward {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        if self.after.is_some() && self.when != When::Noanswer {
            bail!("--after belongs to `noanswer`");
        }
        if self.when == When::None && self.target.is_some() {
            bail!("`none` ends every forward and takes no target");
        }
        let store = open_store(config).await?;
        let mut change = change(&store).await?;
        let (mut forward, _) = change.forwarding_of(&self.number).await?;
        match self.when {
            When::Always => forward.always = self.target.clone(),
            When::Busy => forward.busy = self.target.clone(),
            When::Noanswer => {
                forward.no_answer = self.target.clone();
                forward.no_answer_after = self.after.or(forward.no_answer_after);
            }
            When::None => forward = Forwarding::default(),
        }
        change.forward_extension(&self.number, forward).await?;
        change.commit().await?;
        store.close().await;
        let which = match self.when {
            When::Always | When::None => "Calls",
            When::Busy => "Calls while it is busy",
            When::Noanswer => "Calls that nobody answers",
        };
        match self.target {
            Some(target) => say(&format!("{which} for {} go to {target} now.", self.number)),
            None => say(&format!("{which} for {} are not forwarded any more.", self.number)),
        }
    }
}

pub(super) fn valid_span(text: &str) -> Result<Duration, String> {
    span(text).ok_or_else(|| "write it like 20s".to_owned())
}
