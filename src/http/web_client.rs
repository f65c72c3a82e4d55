//! The web client: files embedded at build, Brotli-compressed where that helps.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ApiError;
use super::client::Client;
use crate::app::App;

/// One file of the web client.
struct Asset {
    path: &'static str,
    mime: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    etag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/web_client.rs"));

/// Whatever has no route: a file of the web client, or its first page, which reads the address itself.
pub(super) async fn answer(State(app): State<App>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::not_found("call").into_response();
    }
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().trim_start_matches('/');
    if let Some(asset) = find(path).filter(|asset| asset.path != INDEX) {
        return file(asset, &parts.headers);
    }
    if path.starts_with("assets/") {
        return ApiError::not_found("file").into_response();
    }
    page(&Client::of(&app, &parts), &parts.headers)
}

fn find(path: &str) -> Option<&'static Asset> {
    let index = ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    Some(&ASSETS[index])
}

fn file(asset: &'static Asset, headers: &axum::http::HeaderMap) -> Response {
    let mut response = content(asset, headers);
    // Vite puts a hash of the content into the name of everything under assets/.
    let caching =
        if asset.path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if asset.path == WORKER {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(WORKER_POLICY));
    }
    response
}

fn page(client: &Client, headers: &axum::http::HeaderMap) -> Response {
    let mut response = match find(INDEX) {
        Some(index) => content(index, headers),
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(client));
    // Client SDKs look here from any origin whether the server is back.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn content(asset: &'static Asset, headers: &axum::http::HeaderMap) -> Response {
    let etag = HeaderValue::from_static(asset.etag);
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known == etag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let (body, encoding) = match asset.brotli {
        Some(brotli) if accepts_brotli(headers) => (brotli, Some("br")),
        _ => (asset.plain, None),
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(asset.mime)),
            (header::ETAG, etag),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ],
        body,
    )
        .into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn accepts_brotli(headers: &axum::http::HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next() == Some("br") && parts.next() != Some("q=0")
        })
}

/// No foreign origin, no inline script; WebAssembly blurs backgrounds and takes noises out. WebSockets are named because
/// older Safari does not count them as `'self'`.
fn policy(client: &Client) -> HeaderValue {
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
         font-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; connect-src 'self' {}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        client.websocket_url()
    )
    .parse()
    .expect("an origin of ours is plain ASCII")
}

const INDEX: &str = "index.html";
/// The worker that keeps the pages on a device. It has a policy of its own: it fetches from here and loads nothing.
const WORKER: &str = "sw.js";
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'";
const NOT_BUILT: &str = "<!doctype html><title>Palabre</title><p>The web client is not in this program: run \
    <code>make web</code> and build again.</p>";
