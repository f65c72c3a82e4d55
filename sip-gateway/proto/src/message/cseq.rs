//! The order of requests in a dialog (RFC 3261 §20.16), and what PRACK confirms (RFC 3262 §7.2).

use std::fmt;

use super::error::SyntaxError;
use super::method::Method;
use super::scan::number;

/// A number and the method it counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// The number, less than 2³¹.
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Reads a value that fills the whole text.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut words = text.split_ascii_whitespace();
        let number = words.next().and_then(number::<u32>).filter(|number| *number < 1 << 31);
        let number = number.ok_or(SyntaxError::new("CSeq", "its number is not one below 2^31"))?;
        let method = words.next().and_then(Method::parse);
        let method = method.ok_or(SyntaxError::new("CSeq", "its method is not one"))?;
        match words.next() {
            Some(_) => Err(SyntaxError::new("CSeq", "something follows the method")),
            None => Ok(Self { number, method }),
        }
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// Which provisional response a PRACK confirms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RAck {
    /// The response's RSeq.
    pub response: u32,
    /// The CSeq of the request that it answers.
    pub cseq: CSeq,
}

impl RAck {
    /// Reads a value that fills the whole text.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let wrong = SyntaxError::new("RAck", "its number is not one");
        let (response, rest) = text.trim_start().split_once([' ', '\t']).ok_or(wrong)?;
        Ok(Self { response: number(response).ok_or(wrong)?, cseq: CSeq::parse(rest)? })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.response, self.cseq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_below_two_to_the_thirty_one() {
        assert_eq!(CSeq::parse("0009 INVITE"), Ok(CSeq { number: 9, method: Method::Invite }));
        assert!(CSeq::parse("2147483647 INVITE").is_ok());
        for text in
            ["2147483648 INVITE", "36893488147419103232 REGISTER", "-1 BYE", "1", "1 A B", "INVITE 1", ""]
        {
            assert!(CSeq::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_confirmation_reads_back() {
        let rack = RAck { response: 776_656, cseq: CSeq { number: 1, method: Method::Invite } };

        assert_eq!(RAck::parse(&rack.to_string()), Ok(rack));
        assert!(RAck::parse("1 INVITE").is_err());
    }
}
