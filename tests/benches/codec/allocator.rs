//! The system's allocator, with a count of allocations where one is asked for.

#![allow(unsafe_code, reason = "an allocator is unsafe by its trait; this one passes all calls on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Off while time is taken: an atomic addition would be a part of what is measured.
static IS_ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn count() {
    if IS_ON.load(Ordering::Relaxed) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: all calls are passed on as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// How often `work` allocates.
pub fn allocations(work: impl FnOnce()) -> usize {
    COUNT.store(0, Ordering::Relaxed);
    IS_ON.store(true, Ordering::Relaxed);
    work();
    IS_ON.store(false, Ordering::Relaxed);
    COUNT.load(Ordering::Relaxed)
}
