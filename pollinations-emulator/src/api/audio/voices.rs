//! The voice changer and the voice isolator.

use std::sync::Arc;

use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    response::Response,
};

use super::{form::Form, format::Format};
use crate::{
    answer::sound,
    base::failure::Failure,
    gate::Caller,
    state::{self, Tokens},
};

/// The maximum length of a recording for the voice changer, in seconds.
const LONGEST: f64 = 300.0;

/// The minimum length of a recording for the voice isolator, in seconds.
const SHORTEST: f64 = 4.6;

pub(super) async fn change(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let form = Form::read("/v1/audio/voice-changer", form).await?;
    let format = Format::named(form.text("response_format"), "mp3, opus, aac, wav, pcm")?;
    let seconds = sound::duration(&form.recording);
    if seconds > LONGEST {
        return Err(Failure::field("file", format!("is {seconds:.1} s long, which is more than {LONGEST} s")));
    }
    let model = form.text("model").unwrap_or("elevenlabs/eleven-multilingual-sts-v2");
    let tokens = Tokens { output_audio: 1, ..Tokens::default() };
    state.ledger.spend(&key, "audio", model, tokens)?;
    Ok(format.answer(model, tokens, seconds))
}

pub(super) async fn isolate(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let form = Form::read("/v1/audio/voice-isolator", form).await?;
    let seconds = sound::duration(&form.recording);
    if seconds < SHORTEST {
        return Err(Failure::field("file", format!("is {seconds:.1} s long, which is less than {SHORTEST} s")));
    }
    let model = form.text("model").unwrap_or("elevenlabs/voice-isolator");
    let tokens = Tokens { output_audio: 1, ..Tokens::default() };
    state.ledger.spend(&key, "audio", model, tokens)?;
    Ok(Format::named(None, "mp3")?.answer(model, tokens, seconds.min(sound::LONGEST)))
}
