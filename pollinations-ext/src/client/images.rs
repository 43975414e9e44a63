//! Images in the format of OpenAI's API, and 3D objects.

use super::Pollinations;
use crate::groups::{
    image::{EditRequest, ImageSource, ImagesRequest},
    three_d::ThreeDRequest,
};

impl Pollinations {
    /// Generates one or more images, in the format of OpenAI's API. The reply has the images, as base64 or as URLs,
    /// the prompt that was used, and the usage.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let images = pollinations.images("a cat").n(2).size(64, 64).send().await?;
    /// assert_eq!(images.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn images(&self, prompt: impl Into<String>) -> ImagesRequest {
        ImagesRequest::new(self.shared.clone(), prompt.into())
    }

    /// Edits images. Pass URLs or local files; files are sent with the request, so you do not need to upload them
    /// first. [`EditRequest::image`] adds more of either kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// # let cat = pollinations.image("a cat").size(64, 64).send().await?.bytes().await?;
    /// let images = pollinations.edit("make it night", [File::bytes(cat)]).size(64, 64).send().await?;
    /// assert!(!images.first().bytes().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn edit(
        &self,
        prompt: impl Into<String>,
        images: impl IntoIterator<Item = impl Into<ImageSource>>,
    ) -> EditRequest {
        EditRequest::new(self.shared.clone(), prompt.into(), images.into_iter().map(Into::into).collect())
    }

    /// Generates a 3D object as a GLB or PLY file. This can take several minutes.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let object = pollinations.three_d("a wooden chair").model("hyper3d/rodin-2.5").send().await?;
    /// assert_eq!(object.content_type(), Some("model/gltf-binary"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn three_d(&self, prompt: impl Into<String>) -> ThreeDRequest {
        ThreeDRequest::new(self.shared.clone(), prompt.into())
    }
}
