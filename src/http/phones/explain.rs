//! `/api/admin/explain` and `/api/admin/problems`: why calls go where they go.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::Language;

use crate::app::App;
use crate::directory::{ExplainView, explain};
use crate::http::asked::InQuery;
use crate::http::signed_in::Administrator;
use crate::http::{ApiError, Json};

#[derive(Deserialize)]
pub(in crate::http) struct Asked {
    from: String,
    number: String,
    #[serde(default)]
    language: Spoken,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Spoken {
    #[default]
    Fr,
    En,
}

impl From<Spoken> for Language {
    fn from(spoken: Spoken) -> Self {
        match spoken {
            Spoken::Fr => Self::French,
            Spoken::En => Self::English,
        }
    }
}

/// `GET /api/admin/explain?from=201&number=0112&language=fr`: nothing is called.
pub(in crate::http) async fn number(
    State(app): State<App>,
    _: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<ExplainView>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    Ok(Json(explain(&plan, &asked.from, &asked.number, asked.language.into())?))
}

#[derive(Deserialize)]
pub(in crate::http) struct InLanguage {
    #[serde(default)]
    language: Spoken,
}

#[derive(Serialize)]
pub(in crate::http) struct Problems {
    problems: Vec<String>,
}

/// `GET /api/admin/problems?language=fr`: what is wrong with the plan, a sentence each.
pub(in crate::http) async fn problems(
    State(app): State<App>,
    _: Administrator,
    InQuery(asked): InQuery<InLanguage>,
) -> Result<Json<Problems>, ApiError> {
    app.directory.refresh().await?;
    let mut problems = app.directory.problems(asked.language.into());
    problems.truncate(MOST_PROBLEMS);
    Ok(Json(Problems { problems }))
}

/// What one page can show.
const MOST_PROBLEMS: usize = 200;
