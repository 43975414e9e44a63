//! The parts of a reply, in whichever field a provider puts them.

pub(super) mod blocks;
pub(super) mod calls;
pub(super) mod images;
pub(crate) mod joined;
pub(crate) mod sources;
pub(super) mod thoughts;
pub(super) mod usage;
