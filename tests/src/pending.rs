//! The operations that the emulator does not answer yet, and the contract suite has no probe for.

/// Their ids, by group. `pollinations.api()` reaches them; the emulator answers 404. The tests fail when an operation is
/// neither covered nor named here, and when one that is named here is covered.
pub const PENDING: &[&str] = &[
    // Images and 3D
    //
    // Audio and embeddings
    "change_voice",
    "create_speech_with_timestamps",
    "embed",
    "isolate_voice",
    "separate_stems",
    //
    // Text
    //
    // Models
    "get_model",
    "list_3d_models",
    "list_all_models",
    "list_embedding_models",
    "list_video_models",
    "model_stats",
    "model_status",
    //
    // Media
    "delete_media",
    "list_media",
    "media_metadata",
    //
    // Realtime
    //
    // Keys, earnings and quests
    //
    // Agents, models of the account, integrations
    //
];
