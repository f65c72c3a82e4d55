//! The first line of a message (RFC 3261 §7.1, §7.2).

use super::error::{ParseErrorKind, SyntaxError};
use super::method::Method;
use super::status::StatusCode;
use super::uri::Uri;

/// A first line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum StartLine {
    Request { method: Method, uri: Uri },
    Response { status: StatusCode, reason: String },
}

/// A first line that is not taken; if it is a request's, with the method.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadStartLine {
    pub(super) kind: ParseErrorKind,
    pub(super) is_request: bool,
    pub(super) method: Option<Method>,
}

/// Reads a first line, without its end.
pub(super) fn parse(line: &str) -> Result<StartLine, BadStartLine> {
    if is_version(line.split(' ').next().unwrap_or_default()) {
        return status_line(line).map_err(|kind| BadStartLine { kind, is_request: false, method: None });
    }
    // Blanks at the end may be between the lines' parts or behind them; RFC 4475 §3.1.2.10 lets us refuse them.
    let version = line.trim_end_matches(' ').rsplit(' ').next().unwrap_or_default();
    if !is_version(version) {
        return Err(BadStartLine { kind: ParseErrorKind::NotSip, is_request: false, method: None });
    }
    let method = Method::parse(line.split(' ').next().unwrap_or_default());
    request_line(line, version, method.clone()).map_err(|kind| BadStartLine {
        kind,
        is_request: true,
        method,
    })
}

fn request_line(line: &str, version: &str, method: Option<Method>) -> Result<StartLine, ParseErrorKind> {
    let wrong = |reason| SyntaxError::new("request line", reason);
    let method = method.ok_or(wrong("its method is not a token"))?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(ParseErrorKind::Version);
    }
    let rest = line[method.as_str().len()..].strip_prefix(' ');
    let uri = rest.and_then(|rest| rest.strip_suffix(version)?.strip_suffix(' '));
    let uri = uri.ok_or(wrong("it is not a method, a uri and a version"))?;
    Ok(StartLine::Request { method, uri: Uri::parse(uri)? })
}

fn status_line(line: &str) -> Result<StartLine, ParseErrorKind> {
    let wrong = SyntaxError::new("status line", "it has no status between 100 and 699");
    let (version, rest) = line.split_once(' ').ok_or(wrong)?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(ParseErrorKind::Version);
    }
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    let code = digits.then(|| code.parse().ok().and_then(StatusCode::new)).flatten();
    Ok(StartLine::Response { status: code.ok_or(wrong)?, reason: reason.to_owned() })
}

fn is_version(word: &str) -> bool {
    word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/"))
        && word[4..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: &str) -> (ParseErrorKind, bool) {
        let bad = parse(line).expect_err(line);
        (bad.kind, bad.is_request)
    }

    #[test]
    fn requests_and_responses_are_told_apart() {
        let uri = Uri::parse("sip:a@b").expect("a uri");
        assert_eq!(parse("BYE sip:a@b SIP/2.0"), Ok(StartLine::Request { method: Method::Bye, uri }));
        let reason = "OK  then".to_owned();
        assert_eq!(parse("SIP/2.0 200 OK  then"), Ok(StartLine::Response { status: StatusCode::OK, reason }));
        let reason = String::new();
        assert_eq!(parse("sip/2.0 100 "), Ok(StartLine::Response { status: StatusCode::TRYING, reason }));
    }

    #[test]
    fn faults_of_requests_are_told_from_bytes_that_are_none() {
        assert_eq!(fault("GET / HTTP/1.1"), (ParseErrorKind::NotSip, false));
        assert_eq!(fault(""), (ParseErrorKind::NotSip, false));
        assert_eq!(fault("OPTIONS sip:a SIP/7.0"), (ParseErrorKind::Version, true));
        for line in [
            "INVITE  sip:a SIP/2.0",
            "INVITE sip:a  SIP/2.0",
            "INVITE sip:a SIP/2.0 ",
            "INVITE <sip:a> SIP/2.0",
            "INVITE sip:a; lr SIP/2.0",
            "IN@ITE sip:a SIP/2.0",
            "INVITE SIP/2.0",
            " INVITE sip:a SIP/2.0",
        ] {
            assert!(matches!(fault(line), (ParseErrorKind::Syntax(_), true)), "{line}");
        }
        for line in ["SIP/2.0 4294967301 no", "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0"] {
            assert!(matches!(fault(line), (ParseErrorKind::Syntax(_), false)), "{line}");
        }
    }
}
