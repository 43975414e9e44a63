//! Images in the format of OpenAI's API, edits and 3D objects.

use pollinations_ext::File;

use super::{
    super::{
        Aspect::{Answer, Refusal},
        Context, Probe,
        Spend::{All, None as Free},
    },
    Running, error_text, expect_status, require,
};

/// One pixel as a data URL, which the service does not have to download.
const PICTURE: &str = concat!(
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSu",
    "QmCC"
);

pub(super) fn all() -> Vec<Probe> {
    let mut probes = images();
    probes.extend(edits());
    probes.extend(objects());
    probes
}

fn images() -> Vec<Probe> {
    vec![
        probe!(Free, Refusal, "create_image", "image without a prompt", |context| {
            expect_status(context.client()?.images("x").field("prompt", "").send().await.map(drop), 400)
        }),
        probe!(Free, Refusal, "create_image", "image without a key", |context| {
            expect_status(context.anonymous_client()?.images("a cat").send().await.map(drop), 401)
        }),
        probe!(All, Answer, "create_image", "image as base64", |context| {
            let images = context.client()?.images("a cat / 100%?").n(1).size(64, 64).seed(1).send().await;
            let images = images.map_err(error_text)?;
            require(!images.first().bytes().await.map_err(error_text)?.is_empty(), "the image is empty")
        }),
        probe!(All, Answer, "create_image", "image as a URL", |context| {
            let request = context.client()?.images("a cat").size(64, 64).seed(2).quality("low");
            let images = request.response_format("url").send().await.map_err(error_text)?;
            require(images.first().url().is_some(), "the image has no URL")
        }),
    ]
}

fn edits() -> Vec<Probe> {
    vec![
        probe!(Free, Refusal, "edit_image", "edit without a key", |context| {
            expect_status(context.anonymous_client()?.edit("at night", [PICTURE]).send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "edit_image", "edit without a prompt", |context| {
            expect_status(context.client()?.edit("x", [PICTURE]).field("prompt", "").send().await.map(drop), 400)
        }),
        probe!(All, Answer, "edit_image", "edit of a URL", |context| {
            let request = context.client()?.edit("at night", [PICTURE]).model("kontext").size(64, 64).seed(1);
            let images = request.send().await.map_err(error_text)?;
            require(!images.first().bytes().await.map_err(error_text)?.is_empty(), "the image is empty")
        }),
        probe!(All, Answer, "edit_image", "edit of a file with a mask", |context| {
            // The same bytes each time, so that a recorded run can be played back.
            let file = || File::bytes(&include_bytes!("../pixel.png")[..]).name("pixel.png");
            let request = context.client()?.edit("at night", [file()]).model("kontext").size(64, 64);
            let images = request.mask(file()).response_format("b64_json").send().await.map_err(error_text)?;
            require(!images.first().bytes().await.map_err(error_text)?.is_empty(), "the image is empty")
        }),
    ]
}

fn objects() -> Vec<Probe> {
    vec![
        probe!(Free, Refusal, "generate_3d", "3D object without a key", |context| {
            expect_status(context.anonymous_client()?.three_d("a chair").send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "generate_3d_post", "unknown model", |context| {
            let request = context.client()?.three_d("a chair").model("no/such-model").image(PICTURE);
            expect_status(request.send_post().await.map(drop), 400)
        }),
        probe!(All, Answer, "generate_3d", "3D object from a prompt", |context| {
            let request = context.client()?.three_d("a chair / 100%?").model("hyper3d/rodin-2.5").seed(1);
            let glb = request.send().await.map_err(error_text)?.bytes().await.map_err(error_text)?;
            require(glb.starts_with(b"glTF"), "the object is not a GLB file")
        }),
        probe!(All, Answer, "generate_3d_post", "3D object from an image", |context| {
            let request = context.client()?.three_d("a chair").resolution("low").image(PICTURE);
            let glb = request.send_post().await.map_err(error_text)?.bytes().await.map_err(error_text)?;
            require(glb.starts_with(b"glTF"), "the object is not a GLB file")
        }),
        probe!(All, Answer, "generate_3d_post", "3D object as splats", |context| {
            let request = context.client()?.three_d("a chair").model("nvidia/asset-harvester").image(PICTURE);
            let ply = request.send_post().await.map_err(error_text)?.bytes().await.map_err(error_text)?;
            require(ply.starts_with(b"ply\n"), "the object is not a PLY file")
        }),
    ]
}
