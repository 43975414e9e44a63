//! Settings that the operations in the format of OpenAI's API share.

use pollinations_api::types::{ImageApiQuality, ImageResponseFormat, Resolution, Safety};

use crate::{base::error::Error, exchange::options::Options};

/// The parameters of a request that returns [`Images`](super::Images).
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
    /// The safety checks in JSON, where true and false are not text.
    pub(super) fn safety(&self) -> Option<Safety> {
        self.safe.as_deref().map(|checks| match checks {
            "true" => Safety::Boolean(true),
            "false" => Safety::Boolean(false),
            checks => Safety::Text(checks.to_owned()),
        })
    }
}

/// Rejects an empty prompt before anything is sent.
pub(super) fn check_prompt(prompt: &str, operation: &str) -> Result<(), Error> {
    match prompt {
        "" => Err(Error::request("the prompt is empty").with_operation(operation)),
        _ => Ok(()),
    }
}

/// The options of a call that may bypass the cache.
pub(super) fn fresh(options: &Options, no_cache: bool) -> Options {
    let mut options = options.clone();
    if no_cache {
        options.query("no-cache".to_owned(), "true".to_owned());
    }
    options
}

/// The setter `no_cache`, for requests with that field.
macro_rules! no_cache_method {
    (example $example:literal) => {
        /// Generates a new image instead of returning the cached image of an identical request (`no-cache=true`). Off
        /// by default.
        ///
        /// You pay for the new image. The request does not join a running generation, so it is not retried if its
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
            /// The model, by ID or alias, such as `flux`. [`Models::image`](crate::Models::image) lists them. The
            /// service uses `black-forest-labs/flux.1-schnell` if you do not set one.
            model: String, "\"gptimage\"";
            /// The quality, for models with several quality levels: `low`, `medium` (the default) or `high`. The
            /// service treats OpenAI's `standard` as `medium`, and `hd` as `high`.
            quality: pollinations_api::types::ImageApiQuality, "\"high\"";
            /// The output resolution, such as `2k`, for models that list `resolutions`.
            resolution: pollinations_api::types::Resolution, "\"2k\"";
            /// Whether the reply has the images as base64 (`b64_json`, the default) or as public URLs (`url`).
            /// [`Image::bytes`](crate::Image::bytes) works with both.
            response_format: pollinations_api::types::ImageResponseFormat, "\"url\"";
        }

        $crate::exchange::options::setters! {
            on parameters, example $example;
            /// The seed: 0 to 2,147,483,647, or -1 for a new image each time. The same seed returns the same image.
            /// The service reads it from the JSON field `seed`, although its document does not list the field here.
            seed: i64, "42";
            /// Makes the background transparent, for models that support it. Off by default. The service reads it
            /// from the JSON field `transparent`, although its document does not list the field here.
            transparent: bool, "true";
        }

        $crate::exchange::options::safety_methods!(example $example);

        /// Width and height in pixels, sent as OpenAI's `size`. The default is 1024 each.
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
