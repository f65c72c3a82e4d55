//! The dependency descriptor: which frame a packet belongs to, on which frames that one builds, and what it is to each
//! decode target (RTP Payload Format For AV1, appendix A). It tells so also of pictures that are encrypted end to end.

use super::bits::Bits;

/// What many frames of a coded video sequence have in common; sent with its first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    first_id: u8,
    templates: Vec<Template>,
    /// The highest layers that each decode target shows.
    targets: Vec<Layers>,
    /// The chain that protects each decode target; empty if there are none.
    protected_by: Vec<u8>,
    chains: u8,
    /// Width and height of each spatial layer; empty if not told.
    resolutions: Vec<(u16, u16)>,
}

/// A spatial and a temporal layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layers {
    /// 0 the smallest picture.
    pub spatial: u8,
    /// 0 the lowest frame rate.
    pub temporal: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Template {
    layers: Layers,
    indications: Indications,
    references: References,
    chain_diffs: ChainDiffs,
}

/// What a packet's descriptor says, with what its template adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The frame begins with this packet.
    pub begins: bool,
    /// The frame ends with this packet.
    pub ends: bool,
    /// Which frame, counted over all layers; wraps.
    pub frame: u16,
    /// Its layers.
    pub layers: Layers,
    /// What it is to each decode target.
    pub indications: Indications,
    /// On which frames it builds.
    pub references: References,
    /// How many frames back the one before it lies in each chain.
    pub chain_diffs: ChainDiffs,
    /// Which decode targets are sent, one bit each, where it tells.
    pub active: Option<u32>,
}

/// What a frame is to a decode target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    /// No part of it.
    NotPresent,
    /// Nothing else of the target builds on it.
    Discardable,
    /// If this frame can be decoded, so can all of the target that follow.
    Switch,
    /// Others of the target build on it.
    Required,
}

/// An indication for each decode target, two bits each, the first lowest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Indications(u64);

/// The frames on which one builds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct References {
    /// Bit n stands for the frame n + 1 before.
    pub near: u64,
    /// Whether there are others, further back.
    pub far: bool,
}

/// For each chain how many frames back its frame before this one lies; 0 if this one begins it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainDiffs([u8; MAX_TARGETS]);

impl Descriptor {
    /// Reads a descriptor by the structure that holds at present. If it brings another, it was read by that one, which
    /// holds from then on.
    ///
    /// ```text
    /// |S|E| template  |         frame         |   S: begins, E: ends
    /// |T|A|I|F|C| structure, active, indications, references, chains as far as the flags say
    /// ```
    #[must_use]
    pub fn parse(bytes: &[u8], structure: Option<&Structure>) -> Option<(Self, Option<Structure>)> {
        let mut bits = Bits::new(bytes);
        let (begins, ends) = (bits.flag()?, bits.flag()?);
        let template = bits.take(6)? as u8;
        let frame = bits.take(16)? as u16;
        let extended = bytes.len() > MANDATORY_LEN;
        let mut flag = || if extended { bits.flag() } else { Some(false) };
        let [attached, activates, indicates, refers, chained] = [flag()?, flag()?, flag()?, flag()?, flag()?];

        let attached = if attached { Some(Structure::read(&mut bits)?) } else { None };
        let structure = attached.as_ref().or(structure)?;
        let targets = structure.targets.len();
        let active = if activates { Some(bits.take(targets as u32)?) } else { None };

        let index = usize::from(template.wrapping_sub(structure.first_id) % MAX_TEMPLATES as u8);
        let mut frame_of = *structure.templates.get(index)?;
        if indicates {
            frame_of.indications = Indications::read(&mut bits, targets)?;
        }
        if refers {
            frame_of.references = References::read_long(&mut bits)?;
        }
        if chained {
            frame_of.chain_diffs = ChainDiffs::read(&mut bits, structure.chains, 8)?;
        }

        let Template { layers, indications, references, chain_diffs } = frame_of;
        let descriptor = Self { begins, ends, frame, layers, indications, references, chain_diffs, active };
        Some((descriptor, attached))
    }
}

impl Structure {
    /// The highest layers that each decode target shows.
    #[must_use]
    pub fn targets(&self) -> &[Layers] {
        &self.targets
    }

    /// The chain that protects a decode target.
    #[must_use]
    pub fn chain(&self, target: usize) -> Option<u8> {
        self.protected_by.get(target).copied()
    }

    /// Width and height of a spatial layer, if told.
    #[must_use]
    pub fn resolution(&self, spatial: u8) -> Option<(u16, u16)> {
        self.resolutions.get(usize::from(spatial)).copied()
    }

    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let first_id = bits.take(6)? as u8;
        let target_count = bits.take(5)? as usize + 1;

        let mut templates = Self::read_layers(bits)?;
        for template in &mut templates {
            template.indications = Indications::read(bits, target_count)?;
        }
        for template in &mut templates {
            template.references = References::read_short(bits)?;
        }
        let chains = bits.non_symmetric(target_count as u32 + 1)? as u8;
        let mut protected_by = Vec::new();
        if chains > 0 {
            for _ in 0..target_count {
                protected_by.push(bits.non_symmetric(chains.into())? as u8);
            }
            for template in &mut templates {
                template.chain_diffs = ChainDiffs::read(bits, chains, 4)?;
            }
        }
        let highest_spatial = templates.last()?.layers.spatial;
        let mut resolutions = Vec::new();
        if bits.flag()? {
            for _ in 0..=highest_spatial {
                let less_one = [bits.take(16)? as u16, bits.take(16)? as u16];
                let [width, height] = less_one.map(|pixels| pixels.saturating_add(1));
                resolutions.push((width, height));
            }
        }
        let targets = (0..target_count).map(|target| layers_of(&templates, target)).collect();
        Some(Self { first_id, templates, targets, protected_by, chains, resolutions })
    }

    /// Templates come in the order of their layers; two bits tell the step to the next.
    fn read_layers(bits: &mut Bits<'_>) -> Option<Vec<Template>> {
        let mut templates = Vec::new();
        let mut layers = Layers::default();
        loop {
            if templates.len() == MAX_TEMPLATES {
                return None;
            }
            templates.push(Template {
                layers,
                indications: Indications::default(),
                references: References::default(),
                chain_diffs: ChainDiffs([0; MAX_TARGETS]),
            });
            match bits.take(2)? {
                0 => {}
                1 => layers.temporal += 1,
                2 => layers = Layers { spatial: layers.spatial + 1, temporal: 0 },
                _ => return Some(templates),
            }
            if layers.spatial > MAX_SPATIAL || layers.temporal > MAX_TEMPORAL {
                return None;
            }
        }
    }
}

/// The highest layers among the frames that are part of a decode target.
fn layers_of(templates: &[Template], target: usize) -> Layers {
    let parts = templates.iter().filter(|template| template.indications.of(target) != Indication::NotPresent);
    parts.fold(Layers::default(), |highest, template| Layers {
        spatial: highest.spatial.max(template.layers.spatial),
        temporal: highest.temporal.max(template.layers.temporal),
    })
}

impl Indications {
    /// That for a decode target.
    #[must_use]
    pub fn of(self, target: usize) -> Indication {
        match self.0.checked_shr(2 * target as u32).unwrap_or(0) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }

    fn read(bits: &mut Bits<'_>, targets: usize) -> Option<Self> {
        let mut all = 0;
        for target in 0..targets {
            all |= u64::from(bits.take(2)?) << (2 * target);
        }
        Some(Self(all))
    }
}

impl References {
    /// None.
    pub const NONE: Self = Self { near: 0, far: false };

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Adds the frame so many before; that is never the frame itself.
    pub fn add(&mut self, back: u32) {
        match back {
            0 => {}
            1..=64 => self.near |= 1 << (back - 1),
            _ => self.far = true,
        }
    }

    /// As in templates: a flag before each of four bits.
    fn read_short(bits: &mut Bits<'_>) -> Option<Self> {
        let mut references = Self::default();
        while bits.flag()? {
            references.add(bits.take(4)? + 1);
        }
        Some(references)
    }

    /// As in packets: two bits before each tell how many times four bits it has.
    fn read_long(bits: &mut Bits<'_>) -> Option<Self> {
        let mut references = Self::default();
        loop {
            let size = bits.take(2)?;
            if size == 0 {
                return Some(references);
            }
            references.add(bits.take(4 * size)? + 1);
        }
    }
}

impl ChainDiffs {
    /// That for a chain.
    #[must_use]
    pub fn of(&self, chain: u8) -> u8 {
        self.0.get(usize::from(chain)).copied().unwrap_or(0)
    }

    fn read(bits: &mut Bits<'_>, chains: u8, width: u32) -> Option<Self> {
        let mut diffs = [0; MAX_TARGETS];
        for diff in diffs.iter_mut().take(chains.into()) {
            *diff = bits.take(width)? as u8;
        }
        Some(Self(diffs))
    }
}

/// A descriptor of this length has no flags behind it.
const MANDATORY_LEN: usize = 3;
const MAX_TEMPLATES: usize = 64;
const MAX_TARGETS: usize = 32;
const MAX_SPATIAL: u8 = 3;
const MAX_TEMPORAL: u8 = 7;

#[cfg(test)]
pub(crate) mod tests;
