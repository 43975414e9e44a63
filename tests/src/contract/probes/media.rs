//! Stored files: your own IDs, metadata, gallery, deletion.
//!
//! Published files are deleted again. Other files cannot be deleted; the service deletes them after 30 days.

use std::time::SystemTime;

use pollinations_ext::{Media, types::MediaUpload};

use super::*;

/// The tag of the suite's files.
const TAG: &str = "contract-suite";

pub(super) fn all() -> Vec<Probe> {
    vec![
        probe!(Cheap, Answer, "upload_media", "upload with a custom id", |context| {
            let id = new_id();
            let uploaded = context.client()?.media().upload(picture()).id(&id).send().await.map_err(error_text)?;
            require(uploaded.id == id, "the file does not have the chosen id")
        }),
        probe!(Cheap, Refusal, "upload_media", "id that is taken", |context| {
            let (id, media) = (new_id(), context.client()?.media());
            media.upload(picture()).id(&id).send().await.map_err(error_text)?;
            expect_status(media.upload(picture()).id(&id).send().await.map(drop), 409)
        }),
        probe!(Free, Refusal, "upload_media", "upload without a key", |context| {
            expect_status(context.anonymous_client()?.media().upload(picture()).send().await.map(drop), 401)
        }),
        probe!(Cheap, Answer, "media_metadata", "file metadata", |context| {
            let uploaded = context.client()?.media().upload(picture()).send().await.map_err(error_text)?;
            let metadata = context.anonymous_client()?.media().metadata(&uploaded.id).await.map_err(error_text)?;
            let is_same = metadata.id == uploaded.id && metadata.size == uploaded.size;
            require(is_same && metadata.content_type == "image/png", "the metadata is of another file")
        }),
        probe!(Free, Refusal, "media_metadata", "metadata of no file", |context| {
            expect_status(context.anonymous_client()?.media().metadata("0000000000000000").await.map(drop), 404)
        }),
        probe!(Cheap, Answer, "list_media", "gallery", |context| {
            let media = context.client()?.media();
            let uploaded = published(&media).await?;
            let listed = context.anonymous_client()?.media().gallery(TAG).limit(20).send().await;
            media.delete(&uploaded.id).await.map_err(error_text)?;
            let is_listed = listed.map_err(error_text)?.items.iter().any(|file| file.id == uploaded.id);
            require(is_listed, "the published file is not in the gallery")
        }),
        probe!(Free, Refusal, "list_media", "page that is too large", |context| {
            expect_status(context.anonymous_client()?.media().gallery(TAG).limit(101).send().await.map(drop), 400)
        }),
        probe!(Cheap, Answer, "delete_media", "deletion", |context| {
            let media = context.client()?.media();
            let uploaded = published(&media).await?;
            let deleted = media.delete(&uploaded.id).await.map_err(error_text)?;
            require(deleted.id == uploaded.id, "the deleted file is a different one")?;
            expect_status(media.delete(&uploaded.id).await.map(drop), 404)
        }),
        probe!(Free, Refusal, "delete_media", "deletion without a key", |context| {
            expect_status(context.anonymous_client()?.media().delete("0000000000000000").await.map(drop), 401)
        }),
    ]
}

/// An image in the gallery.
async fn published(media: &Media) -> Result<MediaUpload, String> {
    media.upload(picture()).tag(TAG).send().await.map_err(error_text)
}

/// An ID that no other run uses.
fn new_id() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos());
    format!("contract-{time:x}-{}-{}.png", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}
