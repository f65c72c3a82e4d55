//! Just enough reading of SIP for phones that know their server. The parser under measurement is not used.

/// The status of a response, or nothing if it is a request.
pub(crate) fn status(message: &str) -> Option<u16> {
    message.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// The value of the first field of that name.
pub(crate) fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    fields(message, name).next()
}

/// The values of all fields of that name.
pub(crate) fn fields<'a>(message: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    message.split("\r\n").skip(1).take_while(|line| !line.is_empty()).filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A parameter of a field, without quotes.
pub(crate) fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split([',', ';', ' ']).find_map(|part| {
        let (found, value) = part.trim().split_once('=')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim_matches('"'))
    })
}

/// The number that a Call-ID of ours begins with.
pub(crate) fn number(message: &str) -> Option<usize> {
    field(message, "Call-ID")?.split('-').next()?.parse().ok()
}

/// What stands between angle brackets.
pub(crate) fn bracketed(value: &str) -> Option<&str> {
    value.split_once('<')?.1.split_once('>').map(|(uri, _)| uri)
}

/// A response to a request, by whoever was called: `tag` goes into To if there is none.
pub(crate) fn response(request: &str, status: &str, tag: &str, more: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for name in ["Via", "Record-Route", "From", "Call-ID", "CSeq"] {
        for value in fields(request, name) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let to = field(request, "To").unwrap_or_default();
    let tag = if to.contains(";tag=") { String::new() } else { format!(";tag={tag}") };
    let length = body.len();
    text.push_str(&format!("To: {to}{tag}\r\n{more}Content-Length: {length}\r\n\r\n{body}"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_phones_need_is_found() {
        let text = "SIP/2.0 401 Unauthorized\r\nCall-ID: 17-x\r\nVia: a\r\nVia: b\r\n\
                    WWW-Authenticate: Digest realm=\"r\", nonce=\"a=b==\", qop=\"auth\"\r\n\r\n";

        assert_eq!((status(text), number(text)), (Some(401), Some(17)));
        assert_eq!(fields(text, "via").collect::<Vec<_>>(), ["a", "b"]);
        let challenge = field(text, "WWW-Authenticate").expect("there");
        assert_eq!(parameter(challenge, "nonce"), Some("a=b=="));
        assert_eq!(bracketed("\"x\" <sip:a@b;lr>;tag=1"), Some("sip:a@b;lr"));
    }
}
