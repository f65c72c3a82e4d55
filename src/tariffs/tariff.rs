//! One line of a tariff: what a call to numbers of a beginning costs, and in which steps it is counted.

use jiff::civil::Date;

use super::money::{Currency, Decimal, whole};

/// What calls to a destination cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// With what numbers begin, without the plus.
    pub prefix: String,
    /// In which currency.
    pub currency: Currency,
    /// Of a minute.
    pub per_minute: Decimal,
    /// Of being connected.
    pub connection: Decimal,
    /// What a call costs at least.
    pub minimum: Decimal,
    /// So many seconds are counted at least.
    pub first: u32,
    /// After those, seconds are counted by so many.
    pub next: u32,
    /// What becomes of less than the currency's smallest coin.
    pub rounding: Rounding,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Option<Date>,
}

/// What becomes of less than the smallest coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// It counts as a whole one.
    Up,
    /// Half of one and more counts as a whole one.
    Nearest,
    /// It is left out.
    Down,
}

impl Rounding {
    /// As it is written in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Nearest => "nearest",
            Self::Down => "down",
        }
    }

    /// Reads what tables say.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Up, Self::Nearest, Self::Down].into_iter().find(|one| one.as_str() == text.trim())
    }
}

impl Tariff {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// How many seconds of a call are counted. A second that has begun is a second, and a call that was answered has one.
    #[must_use]
    pub fn billed_seconds(&self, millis: i64) -> i64 {
        let seconds = (millis.max(1) + 999) / 1000;
        let (first, next) = (i64::from(self.first), i64::from(self.next.max(1)));
        if seconds <= first {
            return first;
        }
        first + (seconds - first + next - 1) / next * next
    }

    /// What a call costs, in the currency's smallest coins.
    #[must_use]
    pub fn charge(&self, millis: i64) -> i64 {
        let seconds = i128::from(self.billed_seconds(millis));
        // In sixtieths of a billionth, so that seconds stay exact.
        let price = self.connection.billionths() * 60 + self.per_minute.billionths() * seconds;
        let price = price.max(self.minimum.billionths() * 60) * self.currency.minor_units();
        let coin = 60 * Decimal::SCALE;
        whole(match self.rounding {
            Rounding::Up => (price + coin - 1) / coin,
            Rounding::Nearest => (price * 2 + coin) / (coin * 2),
            Rounding::Down => price / coin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_counted_in_the_steps_of_the_tariff() {
        let billed = |first, next, millis| Tariff { first, next, ..tariff() }.billed_seconds(millis);

        assert_eq!([1, 60_000, 60_001, 120_000].map(|ms| billed(60, 60, ms)), [60, 60, 120, 120]);
        assert_eq!([1_000, 60_000, 61_000, 61_001].map(|ms| billed(60, 1, ms)), [60, 60, 61, 62]);
        assert_eq!([0, 1, 1_000, 1_001].map(|ms| billed(1, 1, ms)), [1, 1, 1, 2]);
        assert_eq!([6_000, 30_000, 31_000].map(|ms| billed(30, 6, ms)), [30, 30, 36]);
    }

    #[test]
    fn a_call_costs_its_seconds_and_the_connection_but_never_less_than_the_minimum() {
        let price = Tariff { per_minute: decimal("0.89"), connection: decimal("0.1"), ..tariff() };

        assert_eq!(price.charge(61_000), 188);
        let minimum = Tariff { minimum: decimal("2.5"), ..price };
        assert_eq!((minimum.charge(61_000), minimum.charge(181_000)), (250, 366));
    }

    #[test]
    fn less_than_the_smallest_coin_is_rounded_as_the_tariff_says() {
        let charge = |rounding, millis| {
            Tariff { per_minute: decimal("0.3"), first: 1, next: 1, rounding, ..tariff() }.charge(millis)
        };

        // A second costs half a cent.
        assert_eq!(
            [Rounding::Up, Rounding::Nearest, Rounding::Down].map(|how| charge(how, 1_000)),
            [1, 1, 0]
        );
        assert_eq!(
            [Rounding::Up, Rounding::Nearest, Rounding::Down].map(|how| charge(how, 2_000)),
            [1, 1, 1]
        );
        let third = Tariff { per_minute: decimal("0.2"), first: 1, next: 1, ..tariff() };
        assert_eq!(Tariff { rounding: Rounding::Nearest, ..third }.charge(1_000), 0);
    }

    #[test]
    fn a_tariff_holds_from_its_first_to_its_last_day() {
        let day = |day| Date::constant(2026, 11, day);
        let tariff = Tariff { from: day(2), until: Some(day(3)), ..tariff() };

        assert_eq!([1, 2, 3, 4].map(|one| tariff.holds_on(day(one))), [false, true, true, false]);
    }

    fn tariff() -> Tariff {
        Tariff {
            prefix: "229".to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            per_minute: Decimal::default(),
            connection: Decimal::default(),
            minimum: Decimal::default(),
            first: 60,
            next: 60,
            rounding: Rounding::Up,
            from: Date::constant(2017, 1, 1),
            until: None,
        }
    }

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }
}
