//! `POST /twirp/livekit.SIP/<Method>`: phones as LiveKit's server SDKs know them, over the numbering plan that
//! administrators see. What the plan has no place for is refused by its name, never dropped.
//!
//! | There | Here |
//! |---|---|
//! | inbound and outbound trunk `ST_3` | the trunk 3, in both directions |
//! | numbers of an inbound trunk | public numbers; without a rule they ask for a meeting's PIN |
//! | dispatch rule `SDR_204` | the public numbers that lead to the number 204 of the house |
//! | a call's `sip_number` | the extension with whose rights, and on whose account, it is made |

mod attendant;
mod calls;
mod rules;
mod trunks;
mod words;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use signaling::twirp::{Code, Request, TwirpError, authenticate};
use signaling_proto::token::Claims;
use sip_gateway_proto::plan::Plan;

use super::client::Client;
use crate::app::App;
use crate::directory::PlanError;
use crate::store::{By, PlanChange, StoreError};

/// The method that may take as long as somebody lets it ring.
pub(super) const CALLS: &str = "/twirp/livekit.SIP/CreateSIPParticipant";

/// One call.
struct SipService<'a> {
    app: &'a App,
    claims: &'a Claims,
    client: &'a Client,
    request: Request,
}

/// Any method of the service.
pub(super) async fn call(
    State(app): State<App>,
    client: Client,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TwirpError> {
    let claims = authenticate(&app.config.keys, &headers)?;
    let request = Request::read(&headers, body).await?;
    SipService { app: &app, claims: &claims, client: &client, request }.call(&method).await
}

/// Whatever is no POST.
pub(super) async fn not_a_post() -> Response {
    TwirpError::bad_route("only POST is understood here").into_response()
}

impl SipService<'_> {
    async fn call(&self, method: &str) -> Result<Response, TwirpError> {
        match method {
            "ListSIPTrunk" => self.list_trunks().await,
            "CreateSIPInboundTrunk" => self.create_inbound_trunk().await,
            "UpdateSIPInboundTrunk" => self.update_inbound_trunk().await,
            "GetSIPInboundTrunk" => self.inbound_trunk().await,
            "ListSIPInboundTrunk" => self.list_inbound_trunks().await,
            "CreateSIPOutboundTrunk" => self.create_outbound_trunk().await,
            "UpdateSIPOutboundTrunk" => self.update_outbound_trunk().await,
            "GetSIPOutboundTrunk" => self.outbound_trunk().await,
            "ListSIPOutboundTrunk" => self.list_outbound_trunks().await,
            "DeleteSIPTrunk" => self.delete_trunk().await,
            "CreateSIPDispatchRule" => self.create_rule().await,
            "UpdateSIPDispatchRule" => self.update_rule().await,
            "ListSIPDispatchRule" => self.list_rules().await,
            "DeleteSIPDispatchRule" => self.delete_rule().await,
            "CreateSIPParticipant" => self.create_participant().await,
            "TransferSIPParticipant" => self.transfer_participant().await,
            "CreateSIPTrunk" => Err(TwirpError::new(
                Code::Unimplemented,
                "a trunk is made by CreateSIPInboundTrunk or CreateSIPOutboundTrunk",
            )),
            _ => Err(TwirpError::bad_route(format!("SIP has no method {method:?}"))),
        }
    }

    fn require_admin(&self) -> Result<(), TwirpError> {
        self.claims.sip.admin.then_some(()).ok_or_else(|| TwirpError::permission_denied("sip.admin"))
    }

    /// The plan as it is now, whoever changed it last.
    async fn plan(&self) -> Result<std::sync::Arc<Plan>, TwirpError> {
        use sip_gateway::Directory as _;

        self.app.directory.refresh().await.map_err(failed)?;
        Ok(self.app.directory.plan())
    }

    /// A change of the plan by whoever has the key.
    async fn change(&self) -> Result<PlanChange, TwirpError> {
        let actor = format!("key {}", self.claims.issuer);
        let by = By { actor, address: Some(self.client.address) };
        self.app.store.change_plan(by, self.app.clock.now()).await.map_err(failed)
    }

    /// Makes a change true; gives the plan with it.
    async fn commit(&self, change: PlanChange) -> Result<std::sync::Arc<Plan>, TwirpError> {
        change.commit().await.map_err(failed)?;
        self.plan().await
    }
}

fn failed(error: StoreError) -> TwirpError {
    tracing::error!(%error, "the store failed");
    TwirpError::new(Code::Internal, "the server has a fault")
}

fn refused(error: PlanError) -> TwirpError {
    let code = match error {
        PlanError::Store(error) => return failed(error),
        PlanError::Invalid { .. } => Code::InvalidArgument,
        PlanError::Unknown { .. } => Code::NotFound,
        PlanError::Taken(_) => Code::AlreadyExists,
        PlanError::Needed { .. } => Code::FailedPrecondition,
        PlanError::Full { .. } => Code::ResourceExhausted,
    };
    TwirpError::new(code, error.to_string())
}

fn invalid(why: impl Into<String>) -> TwirpError {
    TwirpError::new(Code::InvalidArgument, why)
}

/// Refuses what the plan has no place for, instead of letting somebody believe that it holds.
fn unsupported(fields: &[(&str, bool)]) -> Result<(), TwirpError> {
    match fields.iter().find(|(_, given)| *given) {
        Some((field, _)) => {
            Err(TwirpError::new(Code::Unimplemented, format!("{field} is not supported here")))
        }
        None => Ok(()),
    }
}
