//! Counts the live heap of the program under measurement, leaving out the threads of its load.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

/// The system's allocator with a counter of live bytes.
struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static IS_LOAD: Cell<bool> = const { Cell::new(false) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// From now on nothing that this thread allocates is counted.
pub(crate) fn this_thread_is_load() {
    IS_LOAD.set(true);
}

/// Counts what is allocated and freed within, although the thread is load: what crosses to a counted thread.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> T {
    let before = IS_LOAD.replace(false);
    let result = work();
    IS_LOAD.set(before);
    result
}

/// Live bytes.
pub(crate) fn live() -> f64 {
    LIVE.load(Ordering::Relaxed) as f64
}

fn count(bytes: i64) {
    // At the end of a thread the flag may be gone; such a thread is not load.
    if !IS_LOAD.try_with(Cell::get).unwrap_or(false) {
        LIVE.fetch_add(bytes, Ordering::Relaxed);
    }
}

// SAFETY: everything is passed on to the system's allocator; counting touches no heap.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: the caller's promise is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
