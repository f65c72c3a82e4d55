//! `/api/users.csv`, `/api/users/import` and the same for posts: people and places as tables.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;

use super::asked::InQuery;
use super::client::Client;
use super::phones::{change as begin, commit};
use super::signed_in::{Administrator, Keeper, People};
use super::{ApiError, Json};
use crate::app::App;
use crate::people::{
    Import, ImportError, Report, Separator, export_posts, export_users, import_people, import_posts, text_of,
};

#[derive(Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    separator: Word,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Word {
    #[default]
    Comma,
    Semicolon,
}

impl From<Word> for Separator {
    fn from(word: Word) -> Self {
        match word {
            Word::Comma => Self::Comma,
            Word::Semicolon => Self::Semicolon,
        }
    }
}

type Csv = ([(HeaderName, &'static str); 2], String);

/// `GET /api/users.csv?separator=semicolon`.
pub(super) async fn users(
    State(app): State<App>,
    client: Client,
    Keeper { scope, user, .. }: Keeper<People>,
    InQuery(written): InQuery<Written>,
) -> Result<Csv, ApiError> {
    app.directory.refresh().await?;
    let mut users = app.store.users().await?;
    users.retain(|user| scope.reaches(user.post));
    app.audit(user.id.as_str(), "user.export", "", &client, "ok").await?;
    Ok(file("palabre-people.csv", export_users(&users, &app.directory.plan(), written.separator.into())))
}

/// `GET /api/admin/posts.csv?separator=semicolon`.
pub(super) async fn posts(
    State(app): State<App>,
    _: Administrator,
    InQuery(written): InQuery<Written>,
) -> Result<Csv, ApiError> {
    app.directory.refresh().await?;
    let (plan, house) = (app.directory.plan(), app.directory.house());
    Ok(file("palabre-posts.csv", export_posts(&plan, &house, written.separator.into())))
}

#[derive(Deserialize)]
pub(super) struct How {
    /// Tell what would be done, and do nothing.
    #[serde(default)]
    dry_run: bool,
    /// Make passwords for new accounts.
    #[serde(default)]
    passwords: bool,
}

#[derive(Serialize)]
pub(super) struct Imported {
    #[serde(flatten)]
    report: Report,
    /// The passwords that were made; they are not told again.
    passwords: Vec<Initial>,
}

#[derive(Serialize)]
struct Initial {
    email: String,
    password: String,
}

/// `POST /api/users/import?dry_run=true&passwords=true`: the table is the body. All lines or none.
pub(super) async fn import_users(
    State(app): State<App>,
    client: Client,
    by: Keeper<People>,
    InQuery(how): InQuery<How>,
    body: Bytes,
) -> Result<Json<Imported>, ApiError> {
    let text = text_of(body.into())?;
    let mut change = begin(&app, &by, &client).await?;
    let import = Import {
        by: Some(&by.user),
        passwords: how.passwords,
        limit: app.config.limits.users,
        now: app.clock.now(),
    };
    let (mut report, made) = import.run(&mut change, &text).await?;
    let mut passwords = Vec::new();
    if report.is_good() && !how.dry_run {
        commit(&app, change).await?;
        report.done = true;
        let told = made.into_iter();
        passwords =
            told.map(|(email, password)| Initial { email: email.as_str().to_owned(), password }).collect();
    }
    Ok(Json(Imported { report, passwords }))
}

/// `POST /api/admin/posts/import?dry_run=true`: the table is the body. All lines or none.
pub(super) async fn import_places(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InQuery(how): InQuery<How>,
    body: Bytes,
) -> Result<Json<Report>, ApiError> {
    let text = text_of(body.into())?;
    app.directory.refresh().await?;
    let mut change = begin(&app, &by, &client).await?;
    let (plan, house) = (app.directory.plan(), app.directory.house());
    let mut report = import_posts(&mut change, &plan, &house, &text).await?;
    if report.is_good() && !how.dry_run {
        commit(&app, change).await?;
        report.done = true;
    }
    Ok(Json(report))
}

/// `POST /api/users/directory?dry_run=true`: makes the directory's accounts what it says now.
pub(super) async fn import_directory(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InQuery(how): InQuery<How>,
) -> Result<Json<Report>, ApiError> {
    let directory = app.ldap.as_ref().ok_or_else(|| ApiError::not_found("directory"))?;
    // Asked before anything is held: a directory may be slow.
    let people = directory.people().await.map_err(|error| ApiError::directory_away(&error))?;
    let mut change = begin(&app, &by, &client).await?;
    let mut report = import_people(&mut change, &people, app.config.limits.users, app.clock.now()).await?;
    if !how.dry_run {
        commit(&app, change).await?;
        report.done = true;
    }
    Ok(Json(report))
}

fn file(name: &'static str, text: String) -> Csv {
    let disposition = match name {
        "palabre-posts.csv" => "attachment; filename=\"palabre-posts.csv\"",
        _ => "attachment; filename=\"palabre-people.csv\"",
    };
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, disposition)], text)
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Table(reason) => Self::invalid_field("table", &reason).because(reason),
            ImportError::Ldap(error) => Self::directory_away(&error),
            ImportError::Store(error) => error.into(),
            ImportError::Password(error) => error.into(),
        }
    }
}
