//! What the operations in the format of OpenAI's API have in common.

use pollinations_api::types::{ImageApiQuality, ImageResponseFormat, Resolution, Safety};

use crate::{base::error::Error, exchange::options::Options};

/// The parameters of a request that is answered with [`Images`](super::Images).
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    pub(super) model: Option<String>,
    pub(super) size: Option<String>,
    pub(super) quality: Option<ImageApiQuality>,
    pub(super) resolution: Option<Resolution>,
    pub(super) response_format: Option<ImageResponseFormat>,
    pub(super) safe: Option<String>,
    pub(super) seed: Option<i64>,
    pub(super) transparent: Option<bool>,
}

impl Parameters {
    /// The safety checks as JSON has them: true and false are no texts there.
    pub(super) fn safety(&self) -> Option<Safety> {
        self.safe.as_deref().map(|checks| match checks {
            "true" => Safety::Boolean(true),
            "false" => Safety::Boolean(false),
            checks => Safety::Text(checks.to_owned()),
        })
    }
}

/// Refuses an empty prompt before anything is sent.
pub(super) fn check_prompt(prompt: &str, operation: &str) -> Result<(), Error> {
    match prompt {
        "" => Err(Error::request("the prompt is empty").with_operation(operation)),
        _ => Ok(()),
    }
}

/// The options of a call that may ask for a new result.
pub(super) fn fresh(options: &Options, no_cache: bool) -> Options {
    let mut options = options.clone();
    if no_cache {
        options.query("no-cache".to_owned(), "true".to_owned());
    }
    options
}

/// The setter for a new result, for requests with a field `no_cache`.
macro_rules! no_cache_method {
    (example $example:literal) => {
        /// Generates a new image instead of returning the stored result of an identical request (`no-cache=true`); off
        /// by default.
        ///
        /// It is paid for again. Such a request does not join one that is running, so it is sent only once if its
        /// outcome is unknown: see [`RetryPolicy::retry_non_idempotent`](crate::RetryPolicy::retry_non_idempotent).
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".no_cache(true);")]
        /// # }
        /// ```
        pub fn no_cache(mut self, on: bool) -> Self {
            self.no_cache = on;
            self
        }
    };
}

/// The setters for [`Parameters`].
macro_rules! image_api_methods {
    (example $example:literal) => {
        $crate::exchange::options::into_setters! {
            on parameters, example $example;
            /// The model, by id or alias, such as `flux`. [`Models::image`](crate::Models::image) lists them. The
            /// service takes `black-forest-labs/flux.1-schnell` if you set none.
            model: String, "\"gptimage\"";
            /// The quality, for models that have several: `low`, `medium` (the default) or `high`. The service takes
            /// OpenAI's `standard` as `medium` and `hd` as `high`.
            quality: pollinations_api::types::ImageApiQuality, "\"high\"";
            /// The output resolution, such as `2k`, for models whose listing has `resolutions`.
            resolution: pollinations_api::types::Resolution, "\"2k\"";
            /// Whether the answer holds the images in base64 (`b64_json`, the default) or their public addresses
            /// (`url`). [`Image::bytes`](crate::Image::bytes) reads both.
            response_format: pollinations_api::types::ImageResponseFormat, "\"url\"";
        }

        $crate::exchange::options::setters! {
            on parameters, example $example;
            /// The seed: 0 to 2,147,483,647, or -1 for a new image each time. The same seed gives the same image. It is
            /// sent as the field `seed`, which the service reads from JSON though its document does not list it here.
            seed: i64, "42";
            /// Makes the background transparent, for models that can; off by default. It is sent as the field
            /// `transparent`, which the service reads from JSON though its document does not list it here.
            transparent: bool, "true";
        }

        $crate::exchange::options::safety_methods!(example $example);

        /// Width and height in pixels, sent as OpenAI's `size`; 1024 each by default.
        ///
        /// # Examples
        ///
        /// ```
        /// # fn example(pollinations: pollinations_ext::Pollinations) {
        #[doc = concat!("let request = ", $example, ".size(1024, 768);")]
        /// # }
        /// ```
        pub fn size(mut self, width: u32, height: u32) -> Self {
            self.parameters.size = Some(format!("{width}x{height}"));
            self
        }
    };
}

pub(super) use {image_api_methods, no_cache_method};
