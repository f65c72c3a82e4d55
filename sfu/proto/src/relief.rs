//! What is left out while there is more to forward than a shard can: pictures first, sound never.

/// How much is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relief {
    /// Nothing.
    #[default]
    None,
    /// Cameras come in a middle size at most.
    Smaller,
    /// Cameras come in their smallest size, screens in a middle one.
    Smallest,
    /// Cameras are paused, screens come in their smallest size.
    SoundOnly,
}

impl Relief {
    /// One degree more, if there is one.
    #[must_use]
    pub fn more(self) -> Self {
        match self {
            Self::None => Self::Smaller,
            Self::Smaller => Self::Smallest,
            Self::Smallest | Self::SoundOnly => Self::SoundOnly,
        }
    }

    /// One degree less, if there is one.
    #[must_use]
    pub fn less(self) -> Self {
        match self {
            Self::None | Self::Smaller => Self::None,
            Self::Smallest => Self::Smaller,
            Self::SoundOnly => Self::Smallest,
        }
    }

    /// Which of `steps` sizes a video may have at most, counted from the smallest; `None` if it is paused.
    #[must_use]
    pub fn most(self, screen: bool, steps: usize) -> Option<usize> {
        let highest = steps.checked_sub(1)?;
        match (self, screen) {
            (Self::None, _) | (Self::Smaller, true) => Some(highest),
            (Self::Smaller, false) | (Self::Smallest, true) => Some(highest / 2),
            (Self::Smallest, false) | (Self::SoundOnly, true) => Some(0),
            (Self::SoundOnly, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_give_way_before_screens() {
        let degrees = [Relief::None, Relief::Smaller, Relief::Smallest, Relief::SoundOnly];

        let cameras = degrees.map(|relief| relief.most(false, 3));
        let screens = degrees.map(|relief| relief.most(true, 3));

        assert_eq!(cameras, [Some(2), Some(1), Some(0), None]);
        assert_eq!(screens, [Some(2), Some(2), Some(1), Some(0)]);
    }

    #[test]
    fn degrees_follow_each_other_both_ways() {
        let up = std::iter::successors(Some(Relief::None), |relief| Some(relief.more())).take(5);
        let down = std::iter::successors(Some(Relief::SoundOnly), |relief| Some(relief.less())).take(5);

        assert!(up.clone().is_sorted() && up.last() == Some(Relief::SoundOnly));
        assert_eq!(down.last(), Some(Relief::None));
    }
}
