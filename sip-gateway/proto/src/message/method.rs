//! Methods: an open set (RFC 3261 §7.1).

use std::fmt;

use super::token::Token;

macro_rules! methods {
    ($($variant:ident $text:literal $doc:literal,)*) => {
        /// What a request asks for. Names are case-sensitive.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Method {
            $(#[doc = $doc] $variant,)*
            /// A method that we have no name for.
            Other(Token),
        }

        impl Method {
            /// Reads a method; any token is one.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => Token::new(text).map(Self::Other),
                }
            }

            /// The method as text.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(token) => token.as_str(),
                }
            }
        }
    };
}

methods! {
    Invite "INVITE" "Starts or changes a session.",
    Ack "ACK" "Confirms the final response to an INVITE.",
    Bye "BYE" "Ends a session.",
    Cancel "CANCEL" "Gives up a request under way.",
    Register "REGISTER" "Binds addresses to an address of record.",
    Options "OPTIONS" "Asks what the other side can do.",
    Prack "PRACK" "Confirms a provisional response (RFC 3262).",
    Update "UPDATE" "Changes a session before or after its answer (RFC 3311).",
    Info "INFO" "Carries application data within a session (RFC 6086).",
    Refer "REFER" "Asks to contact somebody else (RFC 3515).",
    Subscribe "SUBSCRIBE" "Asks to be told of events (RFC 6665).",
    Notify "NOTIFY" "Tells of an event (RFC 6665).",
    Publish "PUBLISH" "States an event's state (RFC 3903).",
    Message "MESSAGE" "An instant message (RFC 3428).",
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_case_sensitive_and_open() {
        assert_eq!(Method::parse("INVITE"), Some(Method::Invite));
        assert_eq!(Method::parse("invite").map(|method| method.to_string()).as_deref(), Some("invite"));
        assert_ne!(Method::parse("invite"), Some(Method::Invite));
        assert_eq!(Method::parse("IN VITE"), None);
        assert_eq!(Method::parse(""), None);
    }
}
