//! Parts of the input of an embedding request.

use pollinations_api::types::{
    EmbeddingAudio, EmbeddingAudioPart, EmbeddingImagePart, EmbeddingImageUrl, EmbeddingPart, EmbeddingTextPart,
    VideoPart, VideoUrl,
};

use crate::base::{
    error::Error,
    file::{File, Loaded},
};

/// A part of the input, before its file is read.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    ImageUrl(String),
    Image(File),
    Audio(File),
    VideoUrl(String),
    Video(File),
}

impl Part {
    /// Reads the file, if there is one.
    pub(super) async fn load(self) -> Result<EmbeddingPart, Error> {
        Ok(match self {
            Self::Text(text) => EmbeddingTextPart::new(text).into(),
            Self::ImageUrl(url) => EmbeddingImagePart::new(EmbeddingImageUrl::new(url)).into(),
            Self::Image(file) => {
                let url = data_url(&file.load(None).await?, "image", "an image")?;
                EmbeddingImagePart::new(EmbeddingImageUrl::new(url)).into()
            }
            Self::Audio(file) => {
                let loaded = file.load(None).await?;
                let format = audio_format(&loaded)?;
                EmbeddingAudioPart::new(EmbeddingAudio::new(loaded.base64(), format)).into()
            }
            Self::VideoUrl(url) => VideoPart::new(VideoUrl::new(url)).into(),
            Self::Video(file) => {
                let url = data_url(&file.load(None).await?, "video", "a video")?;
                VideoPart::new(VideoUrl::new(url)).into()
            }
        })
    }
}

fn data_url(loaded: &Loaded, family: &str, what: &str) -> Result<String, Error> {
    match loaded.content_type.as_deref().and_then(|kind| kind.split('/').next()) {
        Some(found) if found.eq_ignore_ascii_case(family) => Ok(loaded.data_url()),
        _ => Err(unfit(loaded, what)),
    }
}

/// The name of the audio format. The document names `mp3` and `wav` but allows others; these are named after the
/// content type, such as `flac` for `audio/x-flac`.
fn audio_format(loaded: &Loaded) -> Result<String, Error> {
    let kind = loaded.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    match kind.as_str() {
        "audio/mpeg" | "audio/mp3" => Ok("mp3".to_owned()),
        "audio/x-wav" | "audio/wav" | "audio/wave" | "audio/vnd.wave" => Ok("wav".to_owned()),
        _ => match kind.strip_prefix("audio/") {
            Some(name) if !name.is_empty() => Ok(name.strip_prefix("x-").unwrap_or(name).to_owned()),
            _ => Err(unfit(loaded, "an audio file")),
        },
    }
}

fn unfit(loaded: &Loaded, what: &str) -> Error {
    let found = loaded.content_type.as_deref().unwrap_or("unknown");
    let name = &loaded.name;
    Error::request(format!(
        "`{name}` is not {what}: its content type is {found}; if this is wrong, set the content type"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn loaded(bytes: &'static [u8], kind: Option<&str>) -> Loaded {
        let file = File::bytes(bytes);
        let file = kind.into_iter().fold(file, |file, kind| file.content_type(kind));
        file.load(None).await.unwrap()
    }

    #[tokio::test]
    async fn the_audio_format_follows_the_content_type() {
        for (kind, format) in
            [("audio/mpeg", "mp3"), ("audio/x-wav", "wav"), ("audio/x-flac", "flac"), ("audio/ogg", "ogg")]
        {
            assert_eq!(audio_format(&loaded(b"x", Some(kind)).await).unwrap(), format);
        }
        let error = audio_format(&loaded(b"\x89PNG\r\n\x1a\n", None).await).unwrap_err();
        assert!(
            error.to_string().contains("`file.png` is not an audio file: its content type is image/png"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_file_of_the_wrong_type_is_rejected() {
        assert!(data_url(&loaded(b"\x89PNG\r\n\x1a\n", None).await, "image", "an image").is_ok());
        assert!(data_url(&loaded(b"ID3\x04", None).await, "image", "an image").is_err());
        assert!(data_url(&loaded(b"hello", None).await, "video", "a video").is_err());
    }
}
