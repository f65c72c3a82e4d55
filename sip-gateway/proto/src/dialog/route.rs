//! Where a request within a dialog goes first (RFC 3261 §12.2.1.1).

use crate::message::{NameAddr, Uri};

/// The Request-URI and the Route values that lead to a target along a route set.
pub(super) fn towards(target: &Uri, routes: &[NameAddr]) -> (Uri, Vec<NameAddr>) {
    let Some((first, rest)) = routes.split_first() else { return (target.clone(), Vec::new()) };
    if first.uri.has_param("lr") {
        return (target.clone(), routes.to_vec());
    }
    // A strict router takes its own address out of the Request-URI, and the next out of the last Route.
    let mut routes = rest.to_vec();
    routes.push(NameAddr::new(target.clone()));
    (without_headers(&first.uri).without_param("method"), routes)
}

fn without_headers(uri: &Uri) -> Uri {
    let bare = uri.as_str().split('?').next().unwrap_or_default();
    Uri::parse(bare).unwrap_or_else(|_| uri.clone())
}
