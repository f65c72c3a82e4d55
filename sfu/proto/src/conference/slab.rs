//! Things found by a small number, without hashing.

use crate::near;

/// Keeps values at indexes that stay valid until they are taken out; indexes are reused.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Puts a value somewhere and tells where.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(index) = self.free.pop() {
            self.places[index as usize] = Some(value);
            return index;
        }
        self.places.push(Some(value));
        (self.places.len() - 1) as u32
    }

    /// Takes a value out.
    pub(super) fn remove(&mut self, index: u32) -> Option<T> {
        let value = self.places.get_mut(index as usize)?.take()?;
        self.free.push(index);
        Some(value)
    }

    /// Asks for a value before it is needed.
    #[inline]
    pub(super) fn bring_near(&self, index: u32) {
        if let Some(place) = self.places.get(index as usize) {
            near::fetch(place);
        }
    }

    /// The value at an index.
    #[must_use]
    pub(super) fn get(&self, index: u32) -> Option<&T> {
        self.places.get(index as usize)?.as_ref()
    }

    /// The value at an index.
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        self.places.get_mut(index as usize)?.as_mut()
    }

    /// All values with their indexes.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        let places = self.places.iter_mut().enumerate();
        places.filter_map(|(index, place)| Some((index as u32, place.as_mut()?)))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.places.len() == self.free.len()
    }

    /// One more than the highest index in use so far.
    #[must_use]
    pub(super) fn bound(&self) -> u32 {
        self.places.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_stays_valid_until_its_value_is_taken_out() {
        let mut slab = Slab::default();
        let (a, b) = (slab.insert('a'), slab.insert('b'));

        assert_eq!(slab.remove(a), Some('a'));
        assert_eq!(slab.remove(a), None);
        assert_eq!(slab.get(b), Some(&'b'));
        assert_eq!(slab.insert('c'), a);
        assert_eq!(slab.iter_mut().map(|(_, &mut value)| value).collect::<String>(), "cb");
    }

    #[test]
    fn a_slab_without_values_is_empty() {
        let mut slab = Slab::default();
        assert!(slab.is_empty());

        let only = slab.insert(1);
        assert!(!slab.is_empty());
        slab.remove(only);
        assert!(slab.is_empty());
    }
}
