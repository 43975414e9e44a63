//! Images, recordings and files in a user message.

use pollinations_api::types::{
    AudioFormat, AudioPart, ChatMessage, ContentPart, FilePart, ImagePart, ImageUrl, InputAudio, InputFile,
    MessageContent, TextPart, UserMessage, VideoPart, VideoUrl,
};

use crate::base::{
    error::Error,
    file::{File, Loaded},
};

/// A part of a message, and the file to read into it.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    part: ContentPart,
    file: Option<File>,
    /// The index of the message, and the index of the part in that message.
    place: (usize, usize),
}

impl Attachment {
    pub(super) fn image_url(url: String) -> Self {
        Self { part: ImagePart::new(ImageUrl::new(url)).into(), file: None, place: (0, 0) }
    }

    pub(super) fn video_url(url: String) -> Self {
        Self { part: VideoPart::new(VideoUrl::new(url)).into(), file: None, place: (0, 0) }
    }

    pub(super) fn image(file: File) -> Self {
        Self { file: Some(file), ..Self::image_url(String::new()) }
    }

    pub(super) fn audio(file: File) -> Self {
        let part = AudioPart::new(InputAudio::new("", AudioFormat::Wav)).into();
        Self { part, file: Some(file), place: (0, 0) }
    }

    pub(super) fn file(file: File) -> Self {
        let part = FilePart::new(InputFile::default()).into();
        Self { part, file: Some(file), place: (0, 0) }
    }

    pub(super) fn needs_loading(&self) -> bool {
        self.file.is_some()
    }

    /// Adds the part to the last message if it is a user message, otherwise to a new user message.
    pub(super) fn add_to(mut self, messages: &mut Vec<ChatMessage>) -> Self {
        if !matches!(messages.last(), Some(ChatMessage::User(_))) {
            messages.push(UserMessage::new(MessageContent::Parts(Vec::new())).into());
        }
        let at = messages.len().saturating_sub(1);
        if let Some(ChatMessage::User(UserMessage { content, .. })) = messages.last_mut() {
            if let MessageContent::Text(text) = content {
                let text = TextPart::new(std::mem::take(text));
                *content = MessageContent::Parts(vec![text.into()]);
            }
            if let MessageContent::Parts(parts) = content {
                self.place = (at, parts.len());
                parts.push(self.part.clone());
            }
        }
        self
    }

    /// Reads the file into its part.
    pub(super) async fn load_into(&self, messages: &mut [ChatMessage]) -> Result<(), Error> {
        let Some(file) = &self.file else { return Ok(()) };
        let loaded = file.load(None).await?;
        let (message, part) = self.place;
        let part = match messages.get_mut(message) {
            Some(ChatMessage::User(UserMessage { content: MessageContent::Parts(parts), .. })) => parts.get_mut(part),
            _ => None,
        };
        match part {
            Some(ContentPart::ImageUrl(image)) => image.image_url.url = loaded.image_url()?,
            Some(ContentPart::InputAudio(audio)) => {
                audio.input_audio = InputAudio::new(loaded.base64(), audio_format(&loaded)?);
            }
            Some(ContentPart::File(part)) => {
                part.file.file_data = Some(loaded.data_url());
                part.file.mime_type = loaded.content_type;
                part.file.file_name = Some(loaded.name);
            }
            _ => {
                return Err(Error::request(
                    "the message that the file was attached to has been removed; attach the file last",
                ));
            }
        }
        Ok(())
    }
}

fn audio_format(loaded: &Loaded) -> Result<AudioFormat, Error> {
    let kind = loaded.content_type.as_deref().unwrap_or_default();
    Ok(match kind {
        "audio/x-wav" | "audio/wav" | "audio/wave" | "audio/vnd.wave" => AudioFormat::Wav,
        "audio/mpeg" | "audio/mp3" => AudioFormat::Mp3,
        "audio/flac" | "audio/x-flac" => AudioFormat::Flac,
        "audio/opus" | "audio/ogg" => AudioFormat::Opus,
        "audio/pcm" | "audio/l16" => AudioFormat::Pcm16,
        _ => {
            let name = &loaded.name;
            return Err(Error::request(format!(
                "`{name}` does not look like a wav, mp3, flac or opus file; if it is one, set its content type"
            )));
        }
    })
}
