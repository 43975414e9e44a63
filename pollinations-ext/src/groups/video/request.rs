//! A video from a prompt.

use std::sync::Arc;

use pollinations_api::{ByteStream, Client, types::Resolution};
use reqwest::Url;

use crate::{
    base::{error::Error, file::File},
    exchange::{
        address::{self, address_methods},
        call::Prepared,
        download::Download,
        options::{Options, call_options, into_setters, safety_methods, setters, with_parameters},
        transport::Shared,
    },
    media::References,
};

const OPERATION: &str = "generate_video";

/// A request for a video, an MP4 file. This can take several minutes.
///
/// Operation `generate_video`. The service has defaults for the parameters you do not set.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// # let folder = std::env::temp_dir().join("pollinations-ext-doc");
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("wave.mp4");
/// let request = pollinations.video("a wave breaks", "veo").duration(4).aspect_ratio("16:9");
/// request.send().await?.save(&path).await?;
/// # assert!(path.metadata()?.len() > 0);
/// # std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct VideoRequest {
    shared: Arc<Shared>,
    options: Options,
    prompt: String,
    parameters: Parameters,
    frames: References,
    images: References,
    videos: References,
    sounds: References,
}

#[derive(Clone, Debug, Default)]
struct Parameters {
    model: Option<String>,
    width: Option<u64>,
    height: Option<u64>,
    seed: Option<i64>,
    safe: Option<String>,
    image: Option<String>,
    reference_images: Option<String>,
    reference_videos: Option<String>,
    reference_audios: Option<String>,
    resolution: Option<Resolution>,
    duration: Option<u64>,
    aspect_ratio: Option<String>,
    audio: Option<bool>,
}

/// Defines two setters: one for the URL of a reference, and one for a file that is uploaded when the request is sent.
macro_rules! references {
    ($($(#[doc = $doc:literal])* $url:ident, $file:ident, $list:ident, $address:literal, $path:literal;)*) => { $(
        $(#[doc = $doc])*
        ///
        /// Call it again to add more.
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!(
            "let request = pollinations.video(\"it moves\", \"seedance\").", stringify!($url), "(\"", $address, "\");"
        )]
        /// # }
        /// ```
        pub fn $url(mut self, url: impl Into<String>) -> Self {
            self.$list.url(url.into());
            self
        }

        #[doc = concat!("Like [`", stringify!($url), "`](Self::", stringify!($url), "), from a file.")]
        ///
        /// The file is uploaded when the request is sent, so that the service can load it. See
        /// [`Media::upload`](crate::Media::upload) for the accepted files and who can see them.
        ///
        /// # Examples
        ///
        /// ```
        /// # use pollinations_ext::File;
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let file = File::path(\"", $path, "\");")]
        #[doc = concat!(
            "let request = pollinations.video(\"it moves\", \"seedance\").", stringify!($file), "(file);"
        )]
        /// # }
        /// ```
        pub fn $file(mut self, file: File) -> Self {
            self.$list.file(file);
            self
        }
    )* };
}

impl VideoRequest {
    pub(crate) fn new(shared: Arc<Shared>, prompt: String, model: String) -> Self {
        let parameters = Parameters { model: Some(model), ..Parameters::default() };
        let none = References::default;
        let options = Options::default();
        Self { shared, options, prompt, parameters, frames: none(), images: none(), videos: none(), sounds: none() }
    }

    into_setters! {
        on parameters, example "pollinations.video(\"a wave\", \"veo\")";
        /// The model, by ID or alias, such as `veo` or `seedance`.
        model: String, "\"seedance\"";
        /// The aspect ratio, such as `16:9` or `9:16`. The default is the ratio of [`size`](Self::size).
        aspect_ratio: String, "\"16:9\"";
        /// The output resolution, such as `720p`, for models that list `resolutions`.
        resolution: Resolution, "\"720p\"";
    }

    setters! {
        on parameters, example "pollinations.video(\"a wave\", \"veo\")";
        /// The seed: 0 to 2,147,483,647, or -1 for a new video each time. The same seed returns the same video. The
        /// service uses 0 if you do not set one.
        seed: i64, "42";
        /// The length in seconds: 1 to 120. Each model has its own range.
        duration: u64, "5";
        /// Adds audio, for models that support it. Off by default.
        audio: bool, "true";
    }

    safety_methods!(example "pollinations.video(\"a wave\", \"veo\")");

    /// Width and height in pixels. The default is 1024 each. Video models only use their aspect ratio.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.video("a wave", "veo").size(1280, 720);
    /// # }
    /// ```
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.parameters.width = Some(width.into());
        self.parameters.height = Some(height.into());
        self
    }

    references! {
        /// The URL of an image to use as a frame: the first call sets the first frame, the second call the last frame
        /// (parameter `image`).
        frame, frame_file, frames, "https://example.com/first.png", "first.png";
        /// The public URL of an image with something that should appear in the video, such as a character (parameter
        /// `reference_images`).
        guide_image, guide_image_file, images, "https://example.com/cat.png", "cat.png";
        /// The public URL of a video to take motion or style from (parameter `reference_videos`).
        guide_video, guide_video_file, videos, "https://example.com/dance.mp4", "dance.mp4";
        /// The public URL of audio to use (parameter `reference_audios`).
        guide_audio, guide_audio_file, sounds, "https://example.com/song.mp3", "song.mp3";
    }

    /// Sets a frame. Use this name if you come from the image operation, which used to generate videos.
    ///
    /// # Examples
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.video("it moves", "veo").reference_image("https://example.com/first.png");
    /// # }
    /// ```
    #[deprecated(note = "use `frame` for the first and last frame, or `guide_image` for what should appear")]
    pub fn reference_image(self, url: impl Into<String>) -> Self {
        self.frame(url)
    }

    /// Sets a frame from a file. Use this name if you come from the image operation, which used to generate videos.
    ///
    /// # Examples
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// # use pollinations_ext::File;
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.video("it moves", "veo").reference_file(File::path("first.png"));
    /// # }
    /// ```
    #[deprecated(note = "use `frame_file`")]
    pub fn reference_file(self, image: File) -> Self {
        self.frame_file(image)
    }

    call_options!(until "the video begins to arrive", example "pollinations.video(\"a wave\", \"veo\")");

    /// Sends the request and returns when the video begins to arrive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the prompt is empty, `.` or `..`, which cannot be part of
    /// a URL path. Status 400 if the service rejects a value, 401 if the API key is invalid, 402 if you are out of
    /// credit, 403 if the key may not use the model. With reference files, also the errors of
    /// [`Media::upload`](crate::Media::upload).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.video("a wave breaks", "veo").send().await?.save("wave.mp4").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(mut self) -> Result<Download, Error> {
        // Checked before anything is uploaded.
        address::segment(&self.prompt, OPERATION)?;
        for references in [&mut self.frames, &mut self.images, &mut self.videos, &mut self.sounds] {
            references.upload(&self.shared).await?;
        }
        let (shared, options) = (self.shared.clone(), self.options.clone());
        shared.media(OPERATION, &options, self.write()?).await
    }

    address_methods!(
        of "video",
        operation OPERATION,
        example "pollinations.video(\"a wave\", \"veo\")",
        path "/video/a%20wave?model=veo"
    );

    fn address(&self) -> Result<Url, Error> {
        if [&self.frames, &self.images, &self.videos, &self.sounds].iter().any(|references| references.have_files()) {
            let message = "a reference file has no URL yet; upload it first and pass its URL";
            return Err(Error::request(message).with_operation(OPERATION));
        }
        self.shared.address(OPERATION, &self.options, self.clone().write()?)
    }

    /// Writes the request.
    fn write(self) -> Result<impl FnOnce(&Client) -> Prepared<ByteStream>, Error> {
        address::segment(&self.prompt, OPERATION)?;
        let parameters = Parameters {
            image: self.frames.joined(),
            reference_images: self.images.joined(),
            reference_videos: self.videos.joined(),
            reference_audios: self.sounds.joined(),
            ..self.parameters
        };
        let prompt = self.prompt;
        Ok(move |client: &Client| -> Prepared<ByteStream> {
            with_parameters!(
                client.generate_video().prompt(prompt),
                parameters: model, width, height, seed, safe, image, reference_images, reference_videos,
                    reference_audios, resolution, duration, aspect_ratio, audio,
            )
            .prepare()
        })
    }
}
