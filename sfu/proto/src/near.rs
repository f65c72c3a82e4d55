//! Brings memory into the processor's cache before it is needed.
//!
//! What is known of a viewer lies in a dozen places, each of which takes a hundred nanoseconds to come if it was not used
//! lately, one after the other where each is found through the one before. Asked for some viewers ahead, all of it has
//! come when it is that viewer's turn. How far ahead each place is asked for is in `conference/batch.rs`.

/// Asks for all that a thing itself takes, and not for what it points to. Nothing waits for it to come.
#[inline]
pub(crate) fn fetch<T: ?Sized>(thing: &T) {
    #[cfg(target_arch = "x86_64")]
    for offset in (0..size_of_val(thing)).step_by(LINE) {
        let line = std::ptr::from_ref(thing).cast::<i8>().wrapping_add(offset);
        // SAFETY: a hint; it reads nothing and cannot fail, whatever the address.
        #[allow(unsafe_code)]
        unsafe {
            core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(line);
        }
    }
    // Elsewhere there is no such hint in the stable language.
    #[cfg(not(target_arch = "x86_64"))]
    let _ = thing;
}

/// What the cache takes at once.
const LINE: usize = 64;
