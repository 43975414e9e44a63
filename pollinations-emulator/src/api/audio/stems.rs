//! Stem separation.

use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use zip::{CompressionMethod, ZipWriter, result::ZipResult, write::SimpleFileOptions};

use super::form::Form;
use crate::{
    answer::{sound, used},
    base::failure::Failure,
    gate::Caller,
    state::{self, Tokens},
};

const TWO: &[&str] = &["vocals", "instrumental"];
const SIX: &[&str] = &["vocals", "drums", "bass", "guitar", "piano", "other"];

pub(super) async fn separate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let form = Form::read("/alpha/audio/stem-separation", form).await?;
    let names = match form.text("stem_variation_id") {
        Some("two_stems_v1") => TWO,
        _ => SIX,
    };
    let model = form.text("model").unwrap_or("elevenlabs/stem-separation");
    let tokens = Tokens { output_audio: 1, ..Tokens::default() };
    state.ledger.spend(&key, "audio", model, tokens)?;
    let seconds = sound::duration(&form.recording).min(sound::LONGEST);
    let archive = archive(names, &sound::stereo_mp3(seconds));
    let archive = archive.map_err(|error| Failure::form(format!("the stems cannot be packed: {error}")))?;
    Ok((used(model), tokens.headers(), [(CONTENT_TYPE, "application/zip")], archive).into_response())
}

/// A ZIP file with the same sound under each name. It is not compressed, since MP3 files hardly get smaller.
fn archive(names: &[&str], sound: &[u8]) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for name in names {
        writer.start_file(format!("{name}.mp3"), options)?;
        writer.write_all(sound)?;
    }
    Ok(writer.finish()?.into_inner())
}
