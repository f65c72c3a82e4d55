//! `/api/markings`, and how a marking is shown.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::{ApiError, Json};
use crate::app::App;
use crate::meetings::{Comer, Marking, Meeting};

/// A text in both languages.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Both {
    fr: String,
    en: String,
}

/// A marking, and what it allows.
#[derive(Debug, Clone, Serialize)]
pub(super) struct MarkingView {
    level: Marking,
    label: Both,
    audience: Both,
    link: bool,
    accounts: bool,
    guests: bool,
    phones: bool,
    recording: bool,
    /// Whether the meeting's title stands in mails.
    title: bool,
}

impl MarkingView {
    pub(super) fn of(app: &App, level: Marking) -> Self {
        let rules = app.config.markings.of(level).clone();
        let both = |[fr, en]: [String; 2]| Both { fr, en };
        Self {
            level,
            label: both(rules.label),
            audience: both(rules.audience),
            link: rules.link,
            accounts: rules.accounts,
            guests: rules.guests,
            phones: rules.phones,
            recording: rules.recording,
            title: rules.title,
        }
    }
}

#[derive(Serialize)]
pub(super) struct AllMarkings {
    markings: [MarkingView; 3],
}

/// `GET /api/markings`.
pub(super) async fn list(State(app): State<App>) -> Json<AllMarkings> {
    Json(AllMarkings { markings: Marking::ALL.map(|marking| MarkingView::of(&app, marking)) })
}

/// Reads a marking as it is asked for.
pub(super) fn marking(text: &str) -> Result<Marking, ApiError> {
    Marking::named(text).ok_or_else(|| {
        let reason =
            "it is one of public, internal and restricted; this program is not made for anything higher";
        ApiError::invalid_field("marking", reason)
    })
}

/// Refuses whom the meeting's marking keeps out.
pub(super) fn refuse_unmarked(app: &App, meeting: &Meeting, comer: Comer) -> Result<(), ApiError> {
    let rules = app.config.markings.of(meeting.marking);
    if rules.admit(comer) {
        return Ok(());
    }
    let message = match comer {
        Comer::Phone => format!("This meeting is marked \"{}\", and no telephone comes in.", rules.label[1]),
        _ => format!(
            "This meeting is marked \"{}\" and is for others: {}.",
            rules.label[1],
            rules.audience[1].trim_end_matches('.')
        ),
    };
    Err(ApiError::new(StatusCode::FORBIDDEN, "marking", message))
}
