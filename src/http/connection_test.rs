//! `/api/connection-test`: a room in which a browser finds out what its link bears.

use axum::extract::State;
use serde::Serialize;

use super::client::Client;
use super::{ApiError, Json};
use crate::app::App;
use crate::meetings::LONGEST_TEST;

/// The two ends of a test, both for the browser that asks.
#[derive(Debug, Serialize)]
pub(super) struct ConnectionTest {
    url: String,
    /// For the end that sends and hears nothing.
    sender: String,
    /// For the end that hears and sends nothing.
    receiver: String,
    /// After so many seconds the room ends.
    seconds: u64,
}

/// `POST /api/connection-test`, for anybody: whoever cannot come into a meeting must be able to find out why.
pub(super) async fn begin(State(app): State<App>, client: Client) -> Result<Json<ConnectionTest>, ApiError> {
    if app.is_draining() {
        return Err(ApiError::draining());
    }
    app.gate.attempt_test(client.address).map_err(ApiError::too_many_attempts)?;
    let room = app.link_tests.open().ok_or_else(ApiError::server_full)?;
    let now = app.clock.now();
    let [sender, receiver] = [true, false].map(|sends| app.tokens.mint_test(&room, sends, now));
    tokio::spawn(end_in_time(app, room));
    Ok(Json(ConnectionTest {
        url: client.websocket_url(),
        sender,
        receiver,
        seconds: LONGEST_TEST.as_secs(),
    }))
}

async fn end_in_time(app: App, room: String) {
    tokio::time::sleep(LONGEST_TEST).await;
    app.link_tests.close(&room);
    if let Err(error) = app.rooms.end_call(&room).await {
        // It is ending by itself.
        tracing::debug!(%error, "the room of a connection test did not answer");
    }
}
