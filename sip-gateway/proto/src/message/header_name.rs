//! Names of header fields, long and compact (RFC 3261 §7.3.3 and §20, and the registry of header fields).

use std::fmt;
use std::sync::LazyLock;

use super::token::Token;

macro_rules! header_names {
    ($($variant:ident $text:literal $($compact:literal)?,)*) => {
        /// The name of a header field; compared without regard to case, compact forms are the same name.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // each is the field of that name
        pub enum HeaderName {
            $($variant,)*
            /// A field that we have no name for, in lower case.
            Other(Token),
        }

        impl HeaderName {
            /// The name in its long form; of a field unknown to us in lower case.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(token) => token.as_str(),
                }
            }
        }

        const KNOWN: &[(&str, HeaderName)] = &[
            $(($text, HeaderName::$variant), $(($compact, HeaderName::$variant),)?)*
        ];
    };
}

header_names! {
    Accept "Accept",
    AcceptContact "Accept-Contact" "a",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    AlertInfo "Alert-Info",
    Allow "Allow",
    AllowEvents "Allow-Events" "u",
    AuthenticationInfo "Authentication-Info",
    Authorization "Authorization",
    CallId "Call-ID" "i",
    CallInfo "Call-Info",
    Contact "Contact" "m",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" "e",
    ContentLanguage "Content-Language",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    CSeq "CSeq",
    Date "Date",
    Diversion "Diversion",
    ErrorInfo "Error-Info",
    Event "Event" "o",
    Expires "Expires",
    FlowTimer "Flow-Timer",
    From "From" "f",
    HistoryInfo "History-Info",
    Identity "Identity" "y",
    InReplyTo "In-Reply-To",
    Join "Join",
    MaxForwards "Max-Forwards",
    MimeVersion "MIME-Version",
    MinExpires "Min-Expires",
    MinSe "Min-SE",
    Organization "Organization",
    PAssertedIdentity "P-Asserted-Identity",
    PPreferredIdentity "P-Preferred-Identity",
    Path "Path",
    Priority "Priority",
    Privacy "Privacy",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyRequire "Proxy-Require",
    RAck "RAck",
    Reason "Reason",
    RecordRoute "Record-Route",
    ReferSub "Refer-Sub",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    RejectContact "Reject-Contact" "j",
    RemotePartyId "Remote-Party-ID",
    Replaces "Replaces",
    ReplyTo "Reply-To",
    RequestDisposition "Request-Disposition" "d",
    Require "Require",
    RetryAfter "Retry-After",
    Route "Route",
    RSeq "RSeq",
    Server "Server",
    ServiceRoute "Service-Route",
    SessionExpires "Session-Expires" "x",
    SipETag "SIP-ETag",
    SipIfMatch "SIP-If-Match",
    Subject "Subject" "s",
    SubscriptionState "Subscription-State",
    Supported "Supported" "k",
    TargetDialog "Target-Dialog",
    Timestamp "Timestamp",
    To "To" "t",
    Unsupported "Unsupported",
    UserAgent "User-Agent",
    Via "Via" "v",
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}

impl HeaderName {
    /// Reads a name, long or compact; any token is one.
    pub fn parse(text: &str) -> Option<Self> {
        let same_length = BY_LENGTH.get(text.len())?;
        if let Some((_, name)) = same_length.iter().find(|(known, _)| known.eq_ignore_ascii_case(text)) {
            return Some(name.clone());
        }
        Token::new(&text.to_ascii_lowercase()).map(Self::Other)
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The known names of each length up to the longest name that we keep.
static BY_LENGTH: LazyLock<Vec<Vec<(&str, HeaderName)>>> = LazyLock::new(|| {
    let mut by_length = vec![Vec::new(); super::limits::MAX_TOKEN + 1];
    for (text, name) in KNOWN {
        by_length[text.len()].push((*text, name.clone()));
    }
    by_length
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for (text, name) in KNOWN {
            assert_eq!(HeaderName::parse(text).as_ref(), Some(name));
            assert_eq!(HeaderName::parse(&text.to_uppercase()).as_ref(), Some(name));
        }
    }

    #[test]
    fn compact_names_are_those_of_the_registry() {
        let registered = "a Accept-Contact, b Referred-By, c Content-Type, d Request-Disposition, e Content-Encoding, \
                          f From, i Call-ID, j Reject-Contact, k Supported, l Content-Length, m Contact, o Event, \
                          r Refer-To, s Subject, t To, u Allow-Events, v Via, x Session-Expires, y Identity";
        for (compact, long) in registered.split(", ").filter_map(|pair| pair.split_once(' ')) {
            let name = HeaderName::parse(compact).expect("a name");
            assert_eq!(name, HeaderName::parse(long).expect("a name"), "{compact}");
            assert_eq!(name.as_str(), long, "the long form is written");
        }
        assert_eq!(HeaderName::parse("z"), HeaderName::parse("Z"));
        assert!(matches!(HeaderName::parse("z"), Some(HeaderName::Other(_))));
    }

    #[test]
    fn unknown_names_are_equal_without_regard_to_case() {
        assert_eq!(HeaderName::parse("X-Phone"), HeaderName::parse("x-pHoNe"));
        assert_eq!(HeaderName::parse("X Phone"), None);
        assert_eq!(HeaderName::parse(""), None);
        assert_eq!(HeaderName::parse(&"x".repeat(2000)), None);
    }
}
