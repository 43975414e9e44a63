//! Separates music into stems: vocals and instruments.

use std::sync::Arc;

use pollinations_api::{Client, types::StemVariation};

use super::MAX_RECORDING;
use crate::{
    base::{error::Error, file::File},
    exchange::{
        download::Download,
        multipart::Form,
        options::{Options, call_options, into_setters},
        transport::Shared,
    },
};

const OPERATION: &str = "separate_stems";

/// A request to separate music into stems: vocals and the rest, or vocals, drums, bass, guitar, piano and other.
///
/// Operation `separate_stems`, which upstream calls experimental. The music has at most 50 MiB. The stems are mp3
/// files (44.1 kHz, stereo, 128 kbit/s). The service has defaults for the parameters you do not set.
///
/// # Examples
///
#[cfg_attr(feature = "stems", doc = "```")]
#[cfg_attr(not(feature = "stems"), doc = "```ignore")]
/// use pollinations_ext::File;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # let bytes = pollinations.music("a waltz").duration(3.0).response_format("wav").send().await?.bytes().await?;
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path().join("stems");
/// let song = File::bytes(bytes).name("waltz.wav");
/// let stems = pollinations.separate_stems(song).variation("two_stems_v1").save_to(&folder).await?;
/// for stem in &stems {
///     println!("{}: {} ({} bytes)", stem.name, stem.path.display(), stem.size);
/// }
/// # assert_eq!(stems.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct StemsRequest {
    shared: Arc<Shared>,
    options: Options,
    music: File,
    parameters: Parameters,
    #[cfg(all(feature = "stems", not(target_arch = "wasm32")))]
    max_bytes: u64,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
    variation: Option<StemVariation>,
}

impl StemsRequest {
    pub(crate) fn new(shared: Arc<Shared>, music: File) -> Self {
        Self {
            shared,
            options: Options::default(),
            music,
            parameters: Parameters::default(),
            #[cfg(all(feature = "stems", not(target_arch = "wasm32")))]
            max_bytes: super::stem::MAX_BYTES,
        }
    }

    into_setters! {
        on parameters, example "pollinations.separate_stems(pollinations_ext::File::path(\"song.mp3\"))";
        /// The model. The service's default is `elevenlabs/stem-separation`.
        model: String, "\"elevenlabs/stem-separation\"";
        /// The number of stems: `two_stems_v1` or `six_stems_v1` (the service's default).
        variation: StemVariation, "\"two_stems_v1\"";
    }

    /// The maximum number of bytes that [`save_to`](Self::save_to) downloads, and the maximum that it unpacks. The
    /// default is 1 GiB, which is 18 hours of stems.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let song = pollinations_ext::File::path("song.mp3");
    /// let request = pollinations.separate_stems(song).max_bytes(100 * 1024 * 1024);
    /// # }
    /// ```
    #[cfg(all(feature = "stems", not(target_arch = "wasm32")))]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    call_options!(
        until "the stems begin to arrive",
        example "pollinations.separate_stems(pollinations_ext::File::path(\"song.mp3\"))"
    );

    /// Sends the music and returns the stems as a ZIP file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read,
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if it is larger than 50 MiB. Status 400 if the service
    /// rejects the file or a value, 401 if the API key is invalid, 402 if you are out of credit, 413 for a file that
    /// is too large.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.separate_stems(File::path("song.mp3")).send().await?.save("stems.zip").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Download, Error> {
        let music = self.music.load(Some(MAX_RECORDING)).await.map_err(|error| error.with_operation(OPERATION))?;
        let Parameters { model, variation } = self.parameters;
        let (content_type, body) =
            Form::new().optional("model", model).optional("stem_variation_id", variation).file("file", &music).finish();
        let send = move |client: &Client| client.separate_stems().content_type(content_type).body(body).prepare();
        self.shared.media(OPERATION, &self.options, send).await
    }

    /// Sends the music and unpacks the stems into a folder, which is created if it does not exist. Returns the stems
    /// in the order of the archive. With the feature `stems`.
    ///
    /// The stems appear in the folder once all of them are complete. If the call fails, no stem is left there.
    /// Existing files of the same names are replaced; other files stay. Neither the archive nor the stems are held in
    /// memory.
    ///
    /// The archive is not trusted. A suspicious one is rejected with one of the errors below.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), and the errors of a [`Download`] if the archive does not arrive.
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be written.
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) if the archive or its unpacked files are larger than
    /// [`max_bytes`](Self::max_bytes), whatever size the archive states, or if it has more than 64 entries.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the archive is damaged, incomplete, empty or encrypted, if
    /// two entries have the same name or share their data, if an entry is a link, or if its path could leave the
    /// folder or is not valid on every system.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let stems = pollinations.separate_stems(File::path("song.mp3")).save_to("stems").await?;
    /// let vocals = stems.iter().find(|stem| stem.name == "vocals");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(all(feature = "stems", not(target_arch = "wasm32")))]
    pub async fn save_to(self, folder: impl AsRef<std::path::Path>) -> Result<Vec<super::Stem>, Error> {
        let (shared, max_bytes) = (Arc::clone(&self.shared), self.max_bytes);
        let archive = self.send().await?;
        let stems = super::stem::unpack(archive, folder.as_ref(), max_bytes).await;
        // The error may quote names from the archive, which the server chose.
        stems.map_err(|error| error.with_operation(OPERATION).redacted(&shared.keys))
    }
}
