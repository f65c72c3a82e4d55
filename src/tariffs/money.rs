//! Prices and rates as exact decimals, and currencies with what their smallest coin is.

use std::fmt;

/// A decimal number that is not negative, exact to the billionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i128);

impl Decimal {
    /// One.
    pub const ONE: Self = Self(Self::SCALE);
    pub(super) const SCALE: i128 = 1_000_000_000;

    /// Reads `0.125`, or `0,125` as French spreadsheets write it; less than a million, nine digits behind the point at
    /// most.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
        let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) || whole.len() > 6 || fraction.len() > 9 {
            return None;
        }
        Some(Self(format!("{whole}{fraction:0<9}").parse().ok()?))
    }

    /// In billionths.
    #[must_use]
    pub fn billionths(self) -> i128 {
        self.0
    }
}

impl fmt::Display for Decimal {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Self::SCALE, self.0 % Self::SCALE);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{fraction:09}").trim_end_matches('0'))
    }
}

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The F CFA of West Africa.
    pub const XOF: Self = Self(*b"XOF");

    /// Reads `XOF`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.trim().to_ascii_uppercase().as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it is made of letters")
    }

    /// How many digits its smallest coin stands behind the point (ISO 4217): none for the F CFA, two for the euro.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// How many of its smallest coins are one unit.
    #[must_use]
    pub fn minor_units(&self) -> i128 {
        10i128.pow(self.decimals())
    }

    /// An amount in its smallest coins, as it is written in tables: `12.50`.
    #[must_use]
    pub fn written(&self, minor: i64) -> String {
        let decimals = self.decimals() as usize;
        if decimals == 0 {
            return minor.to_string();
        }
        let (sign, digits) =
            (if minor < 0 { "-" } else { "" }, format!("{:0>1$}", minor.unsigned_abs(), decimals + 1));
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        format!("{sign}{whole}.{fraction}")
    }

    /// An amount of it in another currency's smallest coins, where `rate` of the other are one of it; half a coin is
    /// rounded up.
    #[must_use]
    pub fn convert(&self, minor: i64, rate: Decimal, to: Currency) -> i64 {
        let numerator = i128::from(minor) * rate.billionths() * to.minor_units();
        let denominator = self.minor_units() * Decimal::SCALE;
        whole((numerator * 2 + denominator).div_euclid(denominator * 2))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// No call costs more than fits.
pub(super) fn whole(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_read_exactly_with_point_or_comma() {
        for (text, written) in
            [("0.1", "0.1"), ("655,957", "655.957"), ("12", "12"), ("0.000000001", "0.000000001")]
        {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), written);
        }
        for bad in ["", "-1", "1.", ".5", "1e3", "1000000", "0.1234567890", "1.2.3", "٣"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_amount_is_converted_to_the_other_s_smallest_coin() {
        let (eur, xof) = (Currency::parse("eur").unwrap(), Currency::parse("XOF").unwrap());
        let peg = Decimal::parse("655.957").unwrap();

        assert_eq!(eur.convert(100, peg, xof), 656);
        assert_eq!(eur.convert(89, peg, xof), 584); // 583.80173
        assert_eq!(xof.convert(656, Decimal::parse("0.001524490").unwrap(), eur), 100);
        let half = Decimal::parse("0.5").unwrap();
        assert_eq!(xof.convert(1, half, xof), 1, "half a coin is rounded up");
    }

    #[test]
    fn amounts_are_written_with_the_digits_of_their_currency() {
        let written = |code: &str, minor| Currency::parse(code).unwrap().written(minor);

        assert_eq!(written("XOF", 41_860_000), "41860000");
        assert_eq!(written("EUR", 5), "0.05");
        assert_eq!(written("EUR", -1250), "-12.50");
        assert_eq!(written("TND", 1), "0.001");
        assert!(Currency::parse("EURO").is_none() && Currency::parse("É1").is_none());
    }
}
