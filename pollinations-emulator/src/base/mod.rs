//! Values and tools that import nothing else of the crate.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) mod app;
pub(crate) mod category;
pub(crate) mod clock;
pub(crate) mod document;
pub(crate) mod failure;
pub(crate) mod key;
pub mod openapi;
pub(crate) mod refusal;

/// The prefix of the emulator's own paths.
pub(crate) const OWN_PATHS: &str = "/_emulator/";

/// Locks a mutex, even if a thread panicked while it held the lock. No code of the emulator leaves locked data
/// inconsistent.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
