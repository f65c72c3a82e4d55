//! `palabre sip`: what the phones do, and did.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use sip_gateway_proto::plan::Language;

use super::conference::ConferenceCommand;
use super::{open_store, read, say, say_json, table};
use crate::calls;
use crate::config::Config;
use crate::directory::{CallView, RegistrationView, explain, problems};
use crate::store::{CallFilter, CallRecord};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SipCommand {
    /// Lists the phones that can be called.
    Registrations {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the calls under way, a line for each leg.
    Calls {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the last calls, the newest first, a line for each leg.
    Cdr(Cdr),
    /// The numbers by which telephones come into meetings.
    #[command(subcommand)]
    Conference(ConferenceCommand),
    /// Says where a number leads and why, without calling it.
    Explain {
        /// Who dials: an extension's number, or the trunk's name for a call from outside.
        from: String,
        /// What is dialled.
        number: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says what is wrong with the numbering plan.
    Problems {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Cdr {
    /// Only calls from or to this number.
    #[arg(long)]
    number: Option<String>,
    /// Only calls over this trunk.
    #[arg(long)]
    trunk: Option<String>,
    /// Only calls that began at or after this moment, such as 2026-11-01T00:00:00Z.
    #[arg(long)]
    since: Option<Timestamp>,
    /// Only calls that began before this moment.
    #[arg(long)]
    until: Option<Timestamp>,
    /// At most so many legs.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// As JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As a table for spreadsheets.
    #[arg(long)]
    csv: bool,
}

impl SipCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Registrations { json } => registrations(config, json).await,
            Self::Calls { json } => {
                let store = open_store(config).await?;
                let records = store.open_legs(calls::MOST_LIVE).await?;
                store.close().await;
                say_calls(&records, json, "Nobody is on the phone.")
            }
            Self::Cdr(cdr) => cdr.run(config).await,
            Self::Conference(command) => command.run(config).await,
            Self::Explain { from, number, json } => {
                let (store, plan) = read(config).await?;
                store.close().await;
                let explained = explain(&plan, &from, &number, Language::English)?;
                if json { say_json(&explained) } else { say(&explained.sentences.join("\n")) }
            }
            Self::Problems { json } => {
                let store = open_store(config).await?;
                let read = store.read_plan(&config.sip.realm).await?;
                store.close().await;
                let problems = problems(&read.plan, &read.locked, Language::English);
                if json {
                    return say_json(&problems);
                }
                if problems.is_empty() {
                    return say("Nothing is wrong with the numbering plan.");
                }
                say(&problems.join("\n"))
            }
        }
    }
}

async fn registrations(config: &Config, json: bool) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    let bindings = store.bindings(Timestamp::now()).await?;
    store.close().await;
    let views: Vec<RegistrationView> = bindings.iter().map(RegistrationView::from).collect();
    if json {
        return say_json(&views);
    }
    let rows: Vec<[String; 6]> = views
        .into_iter()
        .map(|view| {
            let model = table::or_dash(Some(&view.user_agent));
            [view.number, view.device, view.transport, view.address, model, table::moment(view.expires)]
        })
        .collect();
    let heads = ["number", "device", "transport", "address", "model", "until"];
    table::print(heads, &rows, "No phone is registered.")
}

impl Cdr {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let (store, plan) = read(config).await?;
        let trunk = match &self.trunk {
            None => None,
            Some(name) => {
                let found = plan.trunks.iter().find(|trunk| trunk.name.eq_ignore_ascii_case(name));
                Some(found.ok_or_else(|| crate::directory::PlanError::unknown("trunk", name))?.id)
            }
        };
        let filter = CallFilter {
            number: self.number,
            trunk,
            since: self.since,
            until: self.until,
            ..CallFilter::default()
        };
        let records = store.legs(&filter, self.limit).await?;
        store.close().await;
        if self.csv {
            return say(calls::csv(&records, Timestamp::now()).trim_end());
        }
        say_calls(&records, self.json, "There was no such call.")
    }
}

fn say_calls(records: &[CallRecord], json: bool, nothing: &str) -> anyhow::Result<()> {
    let now = Timestamp::now();
    if json {
        let views: Vec<CallView> = records.iter().map(|record| CallView::of(record, now)).collect();
        return say_json(&views);
    }
    let rows: Vec<[String; 7]> = records
        .iter()
        .map(|record| {
            let state = match (&record.cause, record.answered, record.ringing) {
                (Some(cause), _, _) => cause.clone(),
                (None, Some(_), _) => "talking".to_owned(),
                (None, None, Some(_)) => "ringing".to_owned(),
                (None, None, None) => "calling".to_owned(),
            };
            [
                table::moment(record.began),
                if record.inbound { "in" } else { "out" }.to_owned(),
                record.caller.clone(),
                record.reached.clone(),
                table::or_dash(record.trunk.as_deref()),
                table::span(record.talked_millis(now)),
                state,
            ]
        })
        .collect();
    table::print(["began", "leg", "from", "to", "trunk", "talked", "state"], &rows, nothing)
}
