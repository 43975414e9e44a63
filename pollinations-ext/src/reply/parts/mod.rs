//! The parts of a reply, wherever a provider puts them: read from a whole reply, or put together from pieces.

pub(super) mod blocks;
pub(super) mod calls;
pub(super) mod images;
pub(crate) mod joined;
pub(crate) mod sources;
pub(super) mod thoughts;
pub(super) mod usage;
