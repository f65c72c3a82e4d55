//! `palabre sip conference`: the numbers that lead into meetings.

use clap::Subcommand;
use serde::Serialize;

use super::{change, open_store, read, say, say_json, table};
use crate::config::Config;
use crate::directory::PlanError;
use crate::meetings::MeetingCode;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConferenceCommand {
    /// Lets a number ask for a meeting's PIN, or lead to one meeting.
    Add {
        /// What is dialled in the house.
        number: String,
        /// The code of the one meeting, such as abc-defg-hij.
        #[arg(long)]
        meeting: Option<String>,
    },
    /// Lists these numbers.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Gives a number back.
    Remove {
        /// Which.
        number: String,
    },
}

#[derive(Serialize)]
struct Line {
    number: String,
    /// Nothing for a number that asks for a PIN.
    meeting: Option<String>,
}

impl ConferenceCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add { number, meeting } => add(config, &number, meeting.as_deref()).await,
            Self::List { json } => list(config, json).await,
            Self::Remove { number } => {
                let store = open_store(config).await?;
                let mut change = change(&store).await?;
                change.remove_conference(&number).await?;
                change.commit().await?;
                store.close().await;
                say(&format!("{number} leads to no meeting any more."))
            }
        }
    }
}

async fn add(config: &Config, number: &str, meeting: Option<&str>) -> anyhow::Result<()> {
    let wrong = || PlanError::invalid("meeting", "a meeting's code has three groups of letters");
    let meeting = meeting.map(|code| MeetingCode::parse(code).ok_or_else(wrong)).transpose()?;
    let store = open_store(config).await?;
    let mut change = change(&store).await?;
    change.set_conference(number, meeting.as_ref()).await?;
    change.commit().await?;
    store.close().await;
    match meeting {
        Some(code) => say(&format!("{number} leads to the meeting {code}.")),
        None => say(&format!("{number} asks for the PIN of a meeting.")),
    }
}

async fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let (store, plan) = read(config).await?;
    store.close().await;
    let by_pin = plan.conference.into_iter().map(|number| Line { number, meeting: None });
    let rooms = plan.rooms.into_iter().map(|room| Line { number: room.number, meeting: Some(room.meeting) });
    let lines: Vec<Line> = by_pin.chain(rooms).collect();
    if json {
        return say_json(&lines);
    }
    let rows: Vec<[String; 2]> = lines
        .into_iter()
        .map(|line| [line.number, line.meeting.unwrap_or_else(|| "by PIN".to_owned())])
        .collect();
    table::print(["number", "meeting"], &rows, "No number leads to a meeting.")
}
