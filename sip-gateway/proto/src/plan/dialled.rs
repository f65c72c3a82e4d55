//! What an address dials.

use std::borrow::Cow;

use crate::message::{Scheme, Uri};

/// What a URI dials: the number of a TEL URI or of a SIP URI that carries one, the user of any other (RFC 3261
/// §19.1.6, RFC 3966 §5.1.5).
#[must_use]
pub fn dialled(uri: &Uri) -> Option<String> {
    let user = uri.user()?;
    // `sip:+33142685300;phone-context=…@…;user=phone`: the parameters of the number are part of the user.
    let (number, params) = user.split_once(';').unwrap_or((&user, ""));
    if number.starts_with('+') {
        return Some(number.to_owned());
    }
    let context: Option<Cow<'_, str>> = match uri.scheme() {
        Scheme::Tel => uri.param("phone-context"),
        _ => params.split(';').find_map(|param| param.strip_prefix("phone-context=")).map(Cow::Borrowed),
    };
    // Another context than a number's first digits names a house, and we know ours only.
    match context.filter(|context| context.starts_with('+')) {
        Some(context) => Some(format!("{context}{number}")),
        None => Some(number.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_dial_the_number_that_they_carry() {
        for (uri, number) in [
            ("sip:201@pbx.example.org", "201"),
            ("sip:*8@pbx.example.org", "*8"),
            ("sip:%2A21%2A201%23@pbx.example.org", "*21*201#"),
            ("sip:+33142685300@pbx.example.org;user=phone", "+33142685300"),
            ("sip:+33142685300;isub=1@pbx.example.org;user=phone", "+33142685300"),
            ("sip:142685300;phone-context=+33@pbx.example.org;user=phone", "+33142685300"),
            ("tel:+33-1-42-68-53-00", "+33-1-42-68-53-00"),
            ("tel:42685300;phone-context=+331", "+33142685300"),
            ("tel:201;phone-context=pbx.example.org", "201"),
        ] {
            assert_eq!(dialled(&Uri::parse(uri).expect("a uri")).as_deref(), Some(number), "{uri}");
        }
        assert_eq!(dialled(&Uri::parse("sip:pbx.example.org").expect("a uri")), None);
    }
}
