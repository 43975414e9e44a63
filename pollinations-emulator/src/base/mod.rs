//! Values that know nothing of the rest.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) mod app;
pub(crate) mod category;
pub(crate) mod clock;
pub(crate) mod document;
pub(crate) mod failure;
pub(crate) mod key;
pub mod openapi;
pub(crate) mod refusal;

/// Where the emulator's own paths begin.
pub(crate) const OWN_PATHS: &str = "/_emulator/";

/// Locks a mutex even if a thread panicked while it held the lock: the emulator keeps what is locked consistent at
/// every step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
