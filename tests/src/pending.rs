//! The operations that the emulator does not answer yet, and the contract suite has no probe for.

/// Their ids, by group. `pollinations.api()` reaches them; the emulator answers 404. The tests fail when an operation is
/// neither covered nor named here, and when one that is named here is covered.
pub const PENDING: &[&str] = &[
    // Images and 3D
    //
    // Audio and embeddings
    //
    // Text
    //
    // Models
    //
    // Media
    //
    // Realtime
    //
    // Keys, earnings and quests
    //
    // Agents, models of the account, integrations
    //
];
