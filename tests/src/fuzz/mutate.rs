//! Small changes to known inputs, the same ones in every run.

/// Makes mutations of seeds from a fixed start.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

/// No mutation grows an input beyond this.
const MAX_LEN: usize = 16 * 1024;

/// Values on which arithmetic trips.
const EDGES: [u8; 9] = [0x00, 0x01, 0x0F, 0x10, 0x7F, 0x80, 0xC0, 0xFE, 0xFF];

impl Mutator {
    /// The same `start` gives the same mutations.
    #[must_use]
    pub fn new(start: u64) -> Self {
        Self { state: start | 1 }
    }

    /// A changed copy of `seed`; `other` lends bytes to some.
    #[must_use]
    pub fn mutate(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        let mut data = seed.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut data, other);
        }
        data.truncate(MAX_LEN);
        data
    }

    fn change(&mut self, data: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(data.len() + 1);
        match self.below(8) {
            0 => data.truncate(at),
            1 => data.insert(at, EDGES[self.below(EDGES.len())]),
            2 if at < data.len() => {
                data.remove(at);
            }
            3 if at < data.len() => data[at] ^= 1 << self.below(8),
            4 if at < data.len() => data[at] = EDGES[self.below(EDGES.len())],
            5 if at < data.len() => data[at] = self.next() as u8,
            6 => {
                // A piece of itself once more: repeated attributes, chunks, lines.
                let end = at + self.below(data.len() - at + 1);
                let piece = data[at..end].to_vec();
                data.splice(at..at, piece);
            }
            _ => {
                let from = self.below(other.len() + 1);
                data.truncate(at);
                data.extend(&other[from..]);
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Marsaglia's xorshift64*.
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }
}
